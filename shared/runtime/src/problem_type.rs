//! The types of problems, by which programs tell them apart. `docs/http-api.md` says what each means.
//!
//! <https://www.rfc-editor.org/rfc/rfc9457#section-3.1.1>

use http::StatusCode;

macro_rules! problem_types {
    ($($(#[$doc:meta])* $variant:ident, $name:literal, $status:ident;)+) => {
        /// What kind of problem it is. A type has one status.
        #[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
        pub enum ProblemType {
            $($(#[$doc])* $variant,)+
        }

        impl ProblemType {
            const ALL: &[Self] = &[$(Self::$variant),+];

            /// Its name, such as `token-expired`: the end of its URI.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self { $(Self::$variant => $name,)+ }
            }

            /// The status of answers of this type.
            #[must_use]
            pub const fn status(self) -> StatusCode {
                match self { $(Self::$variant => StatusCode::$status,)+ }
            }
        }
    };
}

problem_types! {
    /// The request has two different credentials of the same kind.
    AmbiguousCredential, "ambiguous-credential", UNAUTHORIZED;
    /// A parameter of a signature is repeated or percent-encoded. The viewer-request function answers so.
    AmbiguousParameter, "ambiguous-parameter", BAD_REQUEST;
    /// With its signatures, the playlist is larger than Lambda's answers.
    AnswerTooLarge, "answer-too-large", BAD_GATEWAY;
    /// The body of the request is too large.
    BodyTooLarge, "body-too-large", PAYLOAD_TOO_LARGE;
    /// S3 does not answer, or not in time.
    BucketUnavailable, "bucket-unavailable", SERVICE_UNAVAILABLE;
    /// The credential is not valid here.
    CredentialRejected, "credential-rejected", UNAUTHORIZED;
    /// The origin of the page is not allowed.
    ForeignOrigin, "foreign-origin", FORBIDDEN;
    /// The body of the request is not the required JSON.
    MalformedBody, "malformed-body", BAD_REQUEST;
    /// The path does not support the method.
    MethodNotAllowed, "method-not-allowed", METHOD_NOT_ALLOWED;
    /// The credential is a cookie, and no header names the page.
    MissingOrigin, "missing-origin", FORBIDDEN;
    /// No usable header names the host that the viewer requested.
    NoViewerHost, "no-viewer-host", BAD_REQUEST;
    /// The object is not a playlist.
    NotAPlaylist, "not-a-playlist", BAD_GATEWAY;
    /// The path is not one of a video.
    NotAVideo, "not-a-video", FORBIDDEN;
    /// The viewer is signed in and may not watch this.
    NotEntitled, "not-entitled", FORBIDDEN;
    /// There is nothing at the path.
    NotFound, "not-found", NOT_FOUND;
    /// S3 does not allow the function to read the playlist.
    NotReadable, "not-readable", FORBIDDEN;
    /// The request does not contain the origin secret.
    NotThroughDistribution, "not-through-distribution", FORBIDDEN;
    /// The stored object is truncated or damaged.
    PlaylistDamaged, "playlist-damaged", BAD_GATEWAY;
    /// The playlist is larger than the function reads.
    PlaylistTooLarge, "playlist-too-large", BAD_GATEWAY;
    /// The playlist has no preview: its policy is for one.
    NoPreview, "no-preview", FORBIDDEN;
    /// The viewer's policy has expired.
    PolicyEnded, "policy-ended", FORBIDDEN;
    /// The viewer's policy does not cover the playlist.
    PolicyOtherPath, "policy-other-path", FORBIDDEN;
    /// The request has no credential. The viewer-request function answers so, too.
    SignInRequired, "sign-in-required", UNAUTHORIZED;
    /// What verifies the credential, or the origin secret, does not answer.
    SignInUnavailable, "sign-in-unavailable", SERVICE_UNAVAILABLE;
    /// The service with the signing key does not answer.
    SigningKeyUnavailable, "signing-key-unavailable", SERVICE_UNAVAILABLE;
    /// The signing key cannot sign.
    SigningKeyUnusable, "signing-key-unusable", INTERNAL_SERVER_ERROR;
    /// The token or cookie has expired.
    TokenExpired, "token-expired", UNAUTHORIZED;
    /// The token or cookie is valid later.
    TokenNotYetValid, "token-not-yet-valid", UNAUTHORIZED;
    /// The token or cookie is too large.
    TokenTooLarge, "token-too-large", UNAUTHORIZED;
    /// The playlist refers to too many assets.
    TooManyAssets, "too-many-assets", BAD_GATEWAY;
    /// The requested style does not exist.
    UnknownStyle, "unknown-style", BAD_REQUEST;
    /// The JSON document cannot be read without doubt.
    UnreadableDocument, "unreadable-document", BAD_GATEWAY;
    /// The path of an asset that the playlist refers to cannot be signed.
    UnsignableAsset, "unsignable-asset", BAD_GATEWAY;
    /// The requested URL cannot be signed.
    UnsignableUrl, "unsignable-url", BAD_REQUEST;
    /// The object is stored with another encoding than gzip.
    UnsupportedEncoding, "unsupported-encoding", BAD_GATEWAY;
    /// The body of the request has another media type than JSON.
    UnsupportedMediaType, "unsupported-media-type", UNSUPPORTED_MEDIA_TYPE;
    /// The token is for somebody else.
    WrongAudience, "wrong-audience", UNAUTHORIZED;
    /// No configured issuer has the name that the token has.
    WrongIssuer, "wrong-issuer", UNAUTHORIZED;
}

impl ProblemType {
    /// The URI, which stays the same wherever the functions run.
    #[must_use]
    pub fn uri(self) -> String {
        format!("{NAMESPACE}{}", self.name())
    }

    /// The type with this URI.
    #[must_use]
    pub fn of_uri(uri: &str) -> Option<Self> {
        let name = uri.strip_prefix(NAMESPACE)?;
        Self::ALL.iter().copied().find(|known| known.name() == name)
    }
}

/// A URN, since no web address belongs to the project. Nothing resolves it, and no program has to.
const NAMESPACE: &str = "urn:problem-type:usher:";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_type_is_found_by_its_uri_alone() {
        for known in ProblemType::ALL {
            assert_eq!(ProblemType::of_uri(&known.uri()), Some(*known));
        }
        let others =
            ["about:blank", "", "token-expired", "urn:problem-type:usher:", "urn:problem-type:usher:x"];
        assert_eq!(others.map(ProblemType::of_uri), [None; 5]);
    }

    /// The table of `docs/http-api.md` is what clients are written by.
    #[test]
    fn the_documented_types_are_all_types_with_their_statuses() {
        let page = include_str!("../../../docs/http-api.md");
        let (_, section) = page.split_once("## Problem types\n").expect("the section");
        let rows = section.lines().filter_map(|line| {
            let (name, rest) = line.strip_prefix("| `")?.split_once("` | ")?;
            Some((
                name.to_owned(),
                rest.split(' ').next().unwrap_or_default().parse::<u16>().expect("a status"),
            ))
        });
        let mut documented: Vec<_> = rows.collect();
        documented.sort();
        let mut known: Vec<_> =
            ProblemType::ALL.iter().map(|known| (known.name().to_owned(), known.status().as_u16())).collect();
        known.sort();
        assert_eq!(documented, known);
    }
}
