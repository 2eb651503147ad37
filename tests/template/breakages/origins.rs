//! Origins of the distribution, and its name.

use super::{Breakage, each_is_refused};

#[test]
fn a_broken_origin_is_refused() {
    each_is_refused(&BREAKAGES, &["web site and domain"]);
}

const BREAKAGES: [Breakage; 14] = [
    (
        "an origin that is not there",
        "PathPattern: /video/*.m3u8",
        "TargetOriginId: manifest",
        "TargetOriginId: manifests",
        &[
            "Distribution: the behavior /video/*.m3u8 leads to an origin that is not there",
            r#"no behavior /video/*.m3u8 leads to a function URL with the methods ["GET","HEAD","OPTIONS"]"#,
        ],
    ),
    (
        "documents as they lie in the bucket",
        "PathPattern: /video/*.json",
        "TargetOriginId: manifest",
        "TargetOriginId: media",
        &[r#"no behavior /video/*.json leads to a function URL with the methods ["GET","HEAD","OPTIONS"]"#],
    ),
    (
        "an API that nobody can post to",
        "PathPattern: /auth/*",
        "AllowedMethods: [GET, HEAD, OPTIONS, PUT, POST, PATCH, DELETE]",
        "AllowedMethods: [GET, HEAD]",
        &[
            r#"no behavior /auth/* leads to the API with the methods ["GET","HEAD","OPTIONS","PUT","POST","PATCH","DELETE"]"#,
        ],
    ),
    (
        "a bucket that cannot tell who asks",
        "- Id: media",
        "OriginAccessControlId: !GetAtt S3Oac.Id",
        "ConnectionAttempts: 3",
        &["Distribution: the origin media has no origin access control that signs for s3"],
    ),
    (
        "an access control for something else",
        "- Id: manifest",
        "LambdaOac.Id",
        "S3Oac.Id",
        &["Distribution: the origin manifest has no origin access control that signs for lambda"],
    ),
    (
        "an access control that signs nothing",
        "  LambdaOac:",
        "SigningBehavior: always",
        "SigningBehavior: never",
        &["Distribution: the origin manifest has no origin access control that signs for lambda"],
    ),
    (
        "the API without TLS",
        "- Id: auth",
        "https-only",
        "http-only",
        &["Distribution: the origin auth is asked without TLS 1.2"],
    ),
    (
        "the web site with TLS of 1999",
        "- Id: website",
        "[TLSv1.2]",
        "[TLSv1, TLSv1.2]",
        &["Distribution: the origin website is asked without TLS 1.2"],
    ),
    (
        "viewers with TLS of 1999",
        "ViewerCertificate:",
        "TLSv1.2_2021",
        "TLSv1",
        &["Distribution: ViewerCertificate is not the one that was given"],
    ),
    (
        "a name that nobody finds",
        "  Distribution:\n",
        "Aliases: !If [HasDomain, [!Ref DomainName], !Ref AWS::NoValue]",
        "Staging: false",
        &["Distribution: Aliases is not the name that was given"],
    ),
    (
        "an API that is not told the secret",
        "OriginCustomHeaders:",
        "x-origin-secret",
        "x-secret",
        &["Distribution: the origin auth is not told a secret of this template"],
    ),
    (
        "a secret that stands in the template",
        "OriginCustomHeaders:",
        r#"!Sub "{{resolve:secretsmanager:${OriginSecret}:SecretString}}""#,
        "0123456789abcdef0123456789abcdef",
        &["Distribution: the origin auth is not told a secret of this template"],
    ),
    (
        "a secret that can be guessed",
        "  OriginSecret:",
        "PasswordLength: 64",
        "PasswordLength: 8",
        &["Distribution: the origin auth is not told a secret of this template"],
    ),
    (
        "a function that does not ask for the secret",
        "  IssueCookiesFunction:",
        "ORIGIN_SECRET_ARN: !Ref OriginSecret",
        r#"ORIGIN_SECRET_ARN: """#,
        &["IssueCookiesFunction: ORIGIN_SECRET_ARN is not of what AuthApi is told"],
    ),
];
