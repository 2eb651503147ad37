//! The functions' environment, and the key that signs.

use super::{Breakage, each_is_refused};

#[test]
fn a_broken_environment_is_refused() {
    each_is_refused(&BREAKAGES, &["rotation", "rotation begins", "existing key alone", "everything at once"]);
}

const BREAKAGES: [Breakage; 19] = [
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
        "          JWT_ISSUERS: \"\"\n          BUCKET:",
        &[
            "ResignManifestFunction: JWT_ISSUERS is not what JwtIssuers says",
            "ResignManifestFunction: it does not know JWT_ISSUERS",
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
        "SIMPLEJWT: !Ref Simplejwt",
        "SIMPLEJWT: !Ref Django",
        &[
            "IssueCookiesFunction: SIMPLEJWT is not what Simplejwt says",
            "nobody reads the parameter Simplejwt",
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
        "ORIGIN_SECRET_ARN: !Ref OriginSecret",
        r#"ORIGIN_SECRET: !Sub "{{resolve:secretsmanager:${OriginSecret}:SecretString}}""#,
        &[
            "IssueCookiesFunction: ORIGIN_SECRET has a dynamic reference, whose text would stand in its environment",
            "IssueCookiesFunction: ORIGIN_SECRET_ARN is not of what AuthApi is told",
            "IssueCookiesFunction: it does not know ORIGIN_SECRET",
            "IssueCookiesFunction: it misses ORIGIN_SECRET_ARN",
        ],
    ),
    (
        "another secret",
        "  IssueCookiesFunction:",
        "VIEWER_SECRET_ARN: !Ref ViewerSecretArn",
        "VIEWER_SECRET_ARN: !Ref ExistingPrivateKeySecret",
        &[
            "IssueCookiesFunction: VIEWER_SECRET_ARN is not what ViewerSecretArn says",
            "IssueCookiesFunction: it may not read VIEWER_SECRET_ARN",
        ],
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
        "Resource: !Ref ViewerSecretArn",
        "Resource: !Ref ExistingPrivateKeySecret",
        &["IssueCookiesFunction: it may not read VIEWER_SECRET_ARN"],
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
        &[
            "IssueCookiesFunction: KEY_PAIR_ID is not of KMS_KEY_ID",
            "IssueCookiesFunction: KEY_PAIR_ID is not of the first key of KeyPhase",
        ],
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
        "a key of another host that the function may not use",
        "  ResignManifestFunction:\n",
        "Action: [kms:Sign, kms:GetPublicKey, secretsmanager:GetSecretValue]",
        "Action: [kms:Sign, kms:GetPublicKey]",
        &["ResignManifestFunction: it may not call secretsmanager:GetSecretValue for SIGNED_HOSTS"],
    ),
    (
        "a key that is trusted after its phase",
        "  KeyGroup:\n",
        "!If [TrustsExisting, !Ref ExistingPublicKeyId, !Ref AWS::NoValue]",
        "!Ref ExistingPublicKeyId",
        &["KeyGroup: it does not trust the keys of KeyPhase alone"],
    ),
    (
        "the type of the other slot",
        "  SigningKeyB:",
        "!Select [1, !Split",
        "!Select [0, !Split",
        &["SigningKeyB: KeySpec is not what KeySpecs says"],
    ),
    (
        "a key that CloudFront does not trust",
        "  KeyGroup:\n",
        "!If [TrustsExisting, !Ref ExistingPublicKeyId, !Ref AWS::NoValue]",
        "!If [TrustsExisting, K1SOMEBODYELSES, !Ref AWS::NoValue]",
        &[
            "IssueCookiesFunction: CloudFront does not trust KEY_PAIR_ID",
            "KeyGroup: it does not trust the keys of KeyPhase alone",
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
