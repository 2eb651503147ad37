//! The functions' environment, and the key that signs.

use super::{Breakage, each_is_refused};

#[test]
fn a_broken_environment_is_refused() {
    each_is_refused(&BREAKAGES, &["rotation", "rotation begins", "existing key alone", "everything at once"]);
}

const BREAKAGES: [Breakage; 16] = [
    (
        "a setting that is spelled otherwise",
        "  IssueCookiesFunction:",
        "VIEWER_HOST: !Ref DomainName",
        "VIEWERS_HOST: !Ref DomainName",
        &[
            "IssueCookiesFunction: it does not know VIEWERS_HOST",
            "IssueCookiesFunction: it misses VIEWER_HOST",
        ],
    ),
    (
        "a setting of the other function",
        "  ResignManifestFunction:\n",
        "          BUCKET:",
        "          JWT_ISSUER: \"\"\n          BUCKET:",
        &[
            "ResignManifestFunction: JWT_ISSUER is not what JwtIssuer says",
            "ResignManifestFunction: it does not know JWT_ISSUER",
        ],
    ),
    (
        "a setting that cannot be set",
        "  ResignManifestFunction:\n",
        "          COMMON_ASSETS: !Ref CommonAssets\n",
        "",
        &["ResignManifestFunction: it misses COMMON_ASSETS", "nobody reads the parameter CommonAssets"],
    ),
    (
        "another parameter's value",
        "  IssueCookiesFunction:",
        "JWT_AUDIENCE: !Ref JwtAudience",
        "JWT_AUDIENCE: !Ref JwtIssuer",
        &[
            "IssueCookiesFunction: JWT_AUDIENCE is not what JwtAudience says",
            "nobody reads the parameter JwtAudience",
        ],
    ),
    (
        "a value that the function refuses",
        "  ResignManifestFunction:\n",
        "VIEWER_PROTOCOL: https",
        "VIEWER_PROTOCOL: ftp",
        &["ResignManifestFunction: the configuration cannot be used: VIEWER_PROTOCOL must be http or https"],
    ),
    (
        "a function that nobody knows",
        "  PublishKeyFunction:",
        "CodeUri: functions/publish-key",
        "CodeUri: functions/publish",
        &["PublishKeyFunction: nobody knows the settings of functions/publish"],
    ),
    (
        "a secret in the environment",
        "  IssueCookiesFunction:",
        "PLONE_TICKET_KEYS_ARN: !Ref PloneTicketKeysArn",
        r#"PLONE_TICKET_KEYS: !Sub "{{resolve:secretsmanager:${PloneTicketKeysArn}:SecretString}}""#,
        &[
            "IssueCookiesFunction: PLONE_TICKET_KEYS has a dynamic reference, whose text would stand in its environment",
            "IssueCookiesFunction: it does not know PLONE_TICKET_KEYS",
            "IssueCookiesFunction: it misses PLONE_TICKET_KEYS_ARN",
        ],
    ),
    (
        "another secret",
        "  IssueCookiesFunction:",
        "PLONE_JWT_KEYS_ARN: !Ref PloneJwtKeysArn",
        "PLONE_JWT_KEYS_ARN: !Ref PloneTicketKeysArn",
        &["IssueCookiesFunction: PLONE_JWT_KEYS_ARN is not what PloneJwtKeysArn says"],
    ),
    (
        "a secret of the distribution that the function may not read",
        "  IssueCookiesFunction:",
        "Action: secretsmanager:GetSecretValue, Resource: !Ref OriginSecret",
        "Action: secretsmanager:DescribeSecret, Resource: !Ref OriginSecret",
        &["IssueCookiesFunction: it may not read ORIGIN_SECRET_ARN"],
    ),
    (
        "a secret of viewers that the function may not read",
        "  IssueCookiesFunction:",
        "Resource: !Ref DjangoKeysArn",
        "Resource: !Ref PloneJwtKeysArn",
        &["IssueCookiesFunction: it may not read DJANGO_KEYS_ARN"],
    ),
    (
        "cast receivers that may sign in",
        "  IssueCookiesFunction:",
        "ALLOWED_ORIGINS: !Ref AllowedOrigins",
        "ALLOWED_ORIGINS: !Ref CastReceiverOrigins",
        &["IssueCookiesFunction: ALLOWED_ORIGINS is not what AllowedOrigins says"],
    ),
    (
        "the id of the other slot",
        "  IssueCookiesFunction:",
        "!If [SignsWithA, !Ref PublicKeyA, !If",
        "!If [SignsWithA, !If [HasKeyB, !Ref PublicKeyB, !Ref PublicKeyA], !If",
        &["IssueCookiesFunction: KEY_PAIR_ID is not of KMS_KEY_ID"],
    ),
    (
        "a key that the function may not use",
        "  IssueCookiesFunction:",
        "[kms:Sign, kms:GetPublicKey], Resource: !GetAtt SigningKeyB.Arn",
        "kms:Sign, Resource: !GetAtt SigningKeyB.Arn",
        &["IssueCookiesFunction: it may not call kms:GetPublicKey with KMS_KEY_ID"],
    ),
    (
        "a secret that the function may not read",
        "  ResignManifestFunction:\n",
        "Action: secretsmanager:GetSecretValue, Resource: !Ref ExistingPrivateKeySecret",
        "Action: secretsmanager:DescribeSecret, Resource: !Ref ExistingPrivateKeySecret",
        &["ResignManifestFunction: it may not read PRIVATE_KEY_SECRET_ID"],
    ),
    (
        "a key that CloudFront does not trust",
        "  KeyGroup:\n",
        "!If [TrustsExisting, !Ref ExistingPublicKeyId, !Ref AWS::NoValue]",
        "!If [TrustsExisting, K1SOMEBODYELSES, !Ref AWS::NoValue]",
        &[
            "IssueCookiesFunction: CloudFront does not trust KEY_PAIR_ID",
            "ResignManifestFunction: CloudFront does not trust KEY_PAIR_ID",
        ],
    ),
    (
        "one reference for every key of a slot",
        "  PublicKeyA:",
        r#""${AWS::StackName}-a-${SigningKeyA}""#,
        r#""${AWS::StackName}-a""#,
        &["PublicKeyA: CallerReference does not name the key whose public half it is"],
    ),
];
