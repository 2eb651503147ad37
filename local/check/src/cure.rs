//! Why somebody who should be served is not, and what helps.

use cloudfront_signing::UnixTime;
use http::header;
use usher_runtime::ProblemType;

use super::{
    answer::{Answer, Refusal, printable},
    policy::HeldPolicy,
};

/// What a request was signed with, to explain a refusal that names no reason.
pub(super) struct Sent<'a> {
    /// The policy, where it could be read.
    pub(super) policy: Option<&'a HeldPolicy>,
    /// What was asked for, without CloudFront's parameters.
    pub(super) url: &'a str,
    pub(super) now: UnixTime,
}

/// What helps where a signed request is refused.
pub(super) fn of_signed(answer: &Answer, sent: &Sent<'_>) -> String {
    match answer.refusal() {
        Refusal::CloudFront(code) => match code.as_str() {
            "InvalidKey" => UNTRUSTED_KEY.to_owned(),
            "MalformedPolicy" | "MalformedSignature" => CUT.to_owned(),
            "MissingKey" => NOTHING_ARRIVED.to_owned(),
            _ => of_policy(sent),
        },
        _ => of(answer),
    }
}

/// CloudFront says AccessDenied for a dozen reasons; the policy tells which it can be.
fn of_policy(sent: &Sent<'_>) -> String {
    match sent.policy {
        Some(policy) if !policy.covers(sent.url) => format!(
            "the policy covers {}: set VIEWER_HOST (parameter DomainName), VIEWER_PROTOCOL and Entitlements so that \
             it covers {}",
            printable(&policy.resource),
            printable(sent.url)
        ),
        Some(policy) if policy.expires <= sent.now => {
            format!("the policy expired at {}: see that the clocks are right", policy.expires)
        }
        _ => WRONG_KEY.to_owned(),
    }
}

/// What helps where an answer has nothing to do with signatures.
pub(super) fn of(answer: &Answer) -> String {
    let sentence = match answer.refusal() {
        Refusal::Function { problem_type: Some(problem_type), .. } => of_problem(problem_type),
        Refusal::Function { .. } => SEE_LOG,
        Refusal::Bucket(_) if answer.url.path().contains('+') => PLUS,
        Refusal::Bucket(code) if code == "NoSuchKey" => NO_SUCH_OBJECT,
        Refusal::Bucket(_) => BUCKET_REFUSES,
        Refusal::Lambda => FUNCTION_URL_REFUSES,
        _ => match answer.status.as_u16() {
            404 => NO_SUCH_OBJECT,
            429 => "the sign-in API has more requests than it accepts: check again in a minute",
            500..=599 => "the function or its origin fails: the function's log group says why",
            403 if answer.text(header::SERVER) == Some("CloudFront") => CLOUDFRONT_REFUSES,
            300..=399 => return of_redirect(answer),
            _ => "compare the behavior, its origin and its methods with the template's",
        },
    };
    sentence.to_owned()
}

/// What helps against a problem that a function names.
fn of_problem(problem_type: ProblemType) -> &'static str {
    match problem_type {
        ProblemType::AmbiguousCredential
        | ProblemType::CredentialRejected
        | ProblemType::TokenExpired
        | ProblemType::TokenNotYetValid => NOT_ACCEPTED,
        ProblemType::AmbiguousParameter => CUT,
        ProblemType::AnswerTooLarge => "request gzip, or usher-style=define",
        ProblemType::BodyTooLarge
        | ProblemType::MalformedBody
        | ProblemType::MethodNotAllowed
        | ProblemType::NoPreview
        | ProblemType::UnknownStyle
        | ProblemType::UnsupportedMediaType => {
            "deploy this version of the functions, which accept this request"
        }
        ProblemType::BucketUnavailable
        | ProblemType::SignInUnavailable
        | ProblemType::SigningKeyUnavailable => TRY_AGAIN,
        ProblemType::ForeignOrigin => ANOTHER_HOST,
        ProblemType::MissingOrigin => NO_ORIGIN,
        ProblemType::NoViewerHost => VIEWER_REQUEST_FUNCTION,
        ProblemType::NotAPlaylist
        | ProblemType::PlaylistDamaged
        | ProblemType::UnreadableDocument
        | ProblemType::UnsupportedEncoding => OBJECT,
        ProblemType::NotAVideo => NOT_A_VIDEO,
        ProblemType::NotEntitled => NOT_ENTITLED,
        ProblemType::NotFound => NO_SUCH_OBJECT,
        ProblemType::NotReadable => FUNCTION_MAY_NOT_READ,
        ProblemType::NotThroughDistribution => NO_ORIGIN_SECRET,
        ProblemType::PlaylistTooLarge => "split the playlist, which has more bytes than the function reads",
        ProblemType::PolicyEnded | ProblemType::PolicyOtherPath => ANOTHER_POLICY,
        ProblemType::SignInRequired => NO_CREDENTIAL,
        ProblemType::SigningKeyUnusable => SEE_LOG,
        ProblemType::TokenTooLarge => "have the issuer put fewer claims, such as groups, into its tokens",
        ProblemType::TooManyAssets => "keep an asset in one folder, or set the parameter ScopeDepth to 0",
        ProblemType::UnsignableAsset | ProblemType::UnsignableUrl => {
            "shorten or percent-encode the path of the object"
        }
        ProblemType::WrongAudience => {
            "send a token for this audience: compare its aud (or azp) with audience and authorized_parties in JwtIssuers"
        }
        ProblemType::WrongIssuer => "compare the token's iss with issuer in JwtIssuers, letter for letter",
    }
}

fn of_redirect(answer: &Answer) -> String {
    let asked = answer.url.origin().ascii_serialization();
    match answer.location().map(|location| location.origin().ascii_serialization()) {
        Some(other) if other != asked => {
            let (asked, other) = (printable(&asked), printable(&other));
            format!("{asked} leads to {other}: if that is the deployment, check it instead")
        }
        _ => "the behavior must lead to the origin itself, and not to a redirect".to_owned(),
    }
}

/// What helps where a playlist is not re-signed because of its name.
pub(super) const RENAME: &str = "rename the playlist so that its name ends in .m3u8, in lower case, and what refers to it: \
    the distribution re-signs /video/*.m3u8 and hands out everything else as it is in the bucket";

/// What helps where a web site should answer.
pub(super) const WEBSITE: &str = "CloudFront does not reach the web site, or the site fails: WebsiteDomainName must be \
    the name of the site's own server, and the server's certificate valid for it or for the viewers' host";

const CUT: &str = "the policy or the signature was cut, or encoded again, on its way: no page, player or proxy may \
    change the parameters or cookies";
const NO_CREDENTIAL: &str = "no credential arrived that is known here: no proxy may drop Authorization or Cookie, and \
    the behavior /auth/* needs the origin request policy Managed-AllViewerExceptHostHeader; cookies count with the \
    parameter Plone alone";
const NOT_ENTITLED: &str = "the viewer is known, and Entitlements give this viewer nothing of it: sign in as somebody \
    else, or look at Entitlements";
const NO_ORIGIN_SECRET: &str = "the origin auth must send the header x-origin-secret with the text of OriginSecret: \
    after a rotation, follow \"Rotate the origin secret\" in docs/operate.md";
const NOT_A_VIDEO: &str = "name a playlist below /video/ with --playlist";
const ANOTHER_HOST: &str = "DomainName must be the host that viewers ask (VIEWER_HOST of the functions), and \
    VIEWER_PROTOCOL theirs";
const NO_ORIGIN: &str = "no proxy may drop the header Origin, and the behavior /auth/* needs the origin request \
    policy Managed-AllViewerExceptHostHeader";
const FUNCTION_MAY_NOT_READ: &str = "the policy of ResignManifestFunction must allow s3:GetObject below video/, and \
    S3 refuses too where there is no such object: name a playlist of the bucket with --playlist";
const SEE_LOG: &str = "the function refuses: its log group says why";
const OBJECT: &str = "the object in the bucket is damaged, or is not what its name says: upload it again";
const TRY_AGAIN: &str =
    "check again; if this stays, the function's log group says which service does not answer";
const ANOTHER_POLICY: &str = "ViewerRequestFunction must pass on the policy that CloudFront verified: deploy this \
    version of it, and publish it";
const UNTRUSTED_KEY: &str = "the key that signs is in no key group of the behavior: the parameter KeyPhase says \
    which keys sign and are trusted; a changed distribution takes some minutes";
const WRONG_KEY: &str = "the policy is right, so the signature is not: the functions' key (parameter KeyPhase, or \
    ExistingPrivateKeySecret) must be the private half of the public key that they name (ExistingPublicKeyId), and \
    hash_algorithm in that secret the hash that it was signed with";
const NOTHING_ARRIVED: &str = "no signature arrived: the cookies' Path and Domain must fit the videos, and no proxy \
    may take the parameters or cookies away";
const VIEWER_REQUEST_FUNCTION: &str = "associate ViewerRequestFunction with the behavior, for viewer-request, and \
    publish it";
const NOT_ACCEPTED: &str = "the credential is not accepted: compare its issuer, audience and expiry with the parameters \
    that say who may watch (JwtIssuers, Plone, Django, Simplejwt)";
const NO_SUCH_OBJECT: &str = "there is no such object: upload it with `usher upload DIR s3://BUCKET/video/NAME`, or \
    name another playlist with --playlist";
const PLUS: &str = "S3 reads a + in a path as a space: write %2B where the playlist names the file, or upload the file \
    under a name without +";
const BUCKET_REFUSES: &str = "S3 refuses the distribution, or there is no such object: the origin needs S3Oac, the \
    bucket policy this distribution as AWS:SourceArn, and the object must lie below video/";
const CLOUDFRONT_REFUSES: &str = "CloudFront itself refuses: the host must be the distribution's or its DomainName, \
    the method one of the behavior's, and no web ACL or geographic restriction in the way";
const FUNCTION_URL_REFUSES: &str = "the function URL refuses the distribution: it needs LambdaOac on the origin and \
    both permissions, lambda:InvokeFunctionUrl and lambda:InvokeFunction";

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use http::{HeaderMap, StatusCode};

    use super::*;

    const URL: &str = "https://h/video/m/p.m3u8";

    fn answer(status: u16, body: &'static str) -> Answer {
        Answer {
            url: url::Url::parse(URL).expect("a URL"),
            status: StatusCode::from_u16(status).expect("a status"),
            headers: HeaderMap::new(),
            body: Bytes::from(body),
        }
    }

    fn policy(resource: &str, expires: u64) -> HeldPolicy {
        HeldPolicy { resource: resource.to_owned(), expires: UnixTime::new(expires).expect("seconds") }
    }

    #[test]
    fn a_refused_signature_is_explained_by_its_policy() {
        let right = policy("https://h/video/*", 200);
        let denied = "<Error><Code>AccessDenied</Code></Error>";
        let elsewhere = "the policy covers https://i/video/*: set VIEWER_HOST (parameter DomainName), VIEWER_PROTOCOL \
            and Entitlements so that it covers https://h/video/m/p.m3u8";
        let escaped = "the policy covers ?[2Jhttps://i/*: set VIEWER_HOST (parameter DomainName), VIEWER_PROTOCOL \
            and Entitlements so that it covers https://h/video/m/p.m3u8";
        let late = "the policy expired at 1970-01-01T00:01:40Z (100): see that the clocks are right";
        let rows = [
            ("<Error><Code>InvalidKey</Code></Error>", &right, UNTRUSTED_KEY),
            ("<Error><Code>MissingKey</Code></Error>", &right, NOTHING_ARRIVED),
            ("<Error><Code>MalformedPolicy</Code></Error>", &right, CUT),
            ("<Error><Code>MalformedSignature</Code></Error>", &right, CUT),
            (denied, &right, WRONG_KEY),
            (denied, &policy("https://i/video/*", 200), elsewhere),
            (denied, &policy("\u{1b}[2Jhttps://i/*", 200), escaped),
            (denied, &policy("https://h/video/*", 100), late),
        ];
        for (body, policy, expected) in rows {
            let now = UnixTime::new(100).expect("seconds");
            let sent = Sent { policy: Some(policy), url: URL, now };
            assert_eq!(of_signed(&answer(403, body), &sent), expected, "{body}");
        }
    }

    #[test]
    fn a_plus_that_the_bucket_reads_as_a_space_is_explained() {
        let denied = "<Error><Code>AccessDenied</Code><RequestId>R</RequestId></Error>";
        let missing = "<Error><Code>NoSuchKey</Code><RequestId>R</RequestId></Error>";
        for (url, status, body, expected) in [
            ("https://h/video/m/seg+1.ts", 403, denied, PLUS),
            ("https://h/video/m/seg+1.ts", 404, missing, PLUS),
            ("https://h/video/m/seg%2B1.ts", 404, missing, NO_SUCH_OBJECT),
            ("https://h/video/m/s.ts?a+b", 403, denied, BUCKET_REFUSES),
        ] {
            let answer = Answer { url: url::Url::parse(url).expect("a URL"), ..answer(status, body) };
            assert_eq!(of(&answer), expected, "{url} {status}");
        }
    }

    #[test]
    fn every_other_answer_has_its_cure() {
        let rows = [
            (403, r#"{"Message":"Forbidden"}"#, FUNCTION_URL_REFUSES),
            (403, "<Error><Code>AccessDenied</Code><RequestId>R</RequestId></Error>", BUCKET_REFUSES),
            (404, "<Error><Code>NoSuchKey</Code><RequestId>R</RequestId></Error>", NO_SUCH_OBJECT),
            (403, r#"{"detail":"a sentence of another version"}"#, SEE_LOG),
            (502, "", "the function or its origin fails: the function's log group says why"),
            (429, "", "the sign-in API has more requests than it accepts: check again in a minute"),
        ];
        for (status, body, expected) in rows {
            assert_eq!(of(&answer(status, body)), expected, "{status} {body}");
        }
    }

    #[test]
    fn a_problem_of_a_function_has_the_cure_of_its_type() {
        let rows = [
            (ProblemType::NotFound, NO_SUCH_OBJECT),
            (ProblemType::NoViewerHost, VIEWER_REQUEST_FUNCTION),
            (ProblemType::CredentialRejected, NOT_ACCEPTED),
            (ProblemType::TokenExpired, NOT_ACCEPTED),
            (ProblemType::SignInRequired, NO_CREDENTIAL),
            (ProblemType::NotEntitled, NOT_ENTITLED),
            (ProblemType::NotThroughDistribution, NO_ORIGIN_SECRET),
            (ProblemType::NotAVideo, NOT_A_VIDEO),
            (ProblemType::ForeignOrigin, ANOTHER_HOST),
            (ProblemType::MissingOrigin, NO_ORIGIN),
            (ProblemType::NotReadable, FUNCTION_MAY_NOT_READ),
            (ProblemType::SigningKeyUnusable, SEE_LOG),
        ];
        for (problem_type, expected) in rows {
            let body = format!(r#"{{"type":"{}","detail":"a sentence"}}"#, problem_type.uri());
            let answer = Answer { body: Bytes::from(body), ..answer(problem_type.status().as_u16(), "") };
            assert_eq!(of(&answer), expected, "{problem_type:?}");
        }
    }
}
