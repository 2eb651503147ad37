//! Access to the bucket, the keys and the functions.

use super::{Breakage, each_is_refused};

#[test]
fn access_for_others_is_refused() {
    each_is_refused(&BREAKAGES, &["rotation", "operation"]);
}

const BREAKAGES: [Breakage; 23] = [
    (
        "BlockPublicAcls is missing",
        "  MediaBucket:",
        "        BlockPublicAcls: true\n",
        "",
        &["MediaBucket: BlockPublicAcls is not true"],
    ),
    (
        "BlockPublicPolicy is missing",
        "  MediaBucket:",
        "        BlockPublicPolicy: true\n",
        "",
        &["MediaBucket: BlockPublicPolicy is not true"],
    ),
    (
        "IgnorePublicAcls is missing",
        "  MediaBucket:",
        "        IgnorePublicAcls: true\n",
        "",
        &["MediaBucket: IgnorePublicAcls is not true"],
    ),
    (
        "RestrictPublicBuckets is missing",
        "  MediaBucket:",
        "        RestrictPublicBuckets: true\n",
        "",
        &["MediaBucket: RestrictPublicBuckets is not true"],
    ),
    (
        "access logs for everybody",
        "  LogBucket:",
        "RestrictPublicBuckets: true",
        "RestrictPublicBuckets: false",
        &["LogBucket: RestrictPublicBuckets is not true"],
    ),
    (
        "films that go with the stack",
        "  MediaBucket:",
        "DeletionPolicy: RetainExceptOnCreate",
        "DeletionPolicy: Delete",
        &["MediaBucket: DeletionPolicy is not RetainExceptOnCreate"],
    ),
    (
        "films that go with an update",
        "  MediaBucket:",
        "UpdateReplacePolicy: Retain",
        "UpdateReplacePolicy: Delete",
        &["MediaBucket: UpdateReplacePolicy is not Retain"],
    ),
    (
        "a list of everybody",
        "  MediaBucket:",
        "      OwnershipControls:",
        "      AccessControl: PublicRead\n      OwnershipControls:",
        &["MediaBucket: AccessControl is for buckets that are public"],
    ),
    (
        "a bucket for everybody",
        "  MediaBucketPolicy:",
        "Principal: {Service: cloudfront.amazonaws.com}",
        r#"Principal: "*""#,
        &["MediaBucketPolicy: a statement lets others in than CloudFront"],
    ),
    (
        "a bucket for every distribution",
        "  MediaBucketPolicy:",
        "distribution/${Distribution}",
        "distribution/*",
        &["MediaBucketPolicy: a statement does not name the distribution in AWS:SourceArn"],
    ),
    (
        "* on *",
        "  ResignManifestFunction:\n",
        r#"{Effect: Allow, Action: s3:GetObject, Resource: !Sub "${MediaBucket.Arn}/video/*"}"#,
        r#"{Effect: Allow, Action: "*", Resource: "*"}"#,
        &[
            "ResignManifestFunction: a statement allows actions that it does not name",
            "ResignManifestFunction: a statement allows something on every resource",
        ],
    ),
    (
        "every action on the bucket",
        "  ResignManifestFunction:\n",
        "Action: s3:ListBucket",
        "Action: s3:*",
        &["ResignManifestFunction: a statement allows actions that it does not name"],
    ),
    (
        "every action but one",
        "  ResignManifestFunction:\n",
        "Action: s3:ListBucket",
        "NotAction: s3:DeleteBucket",
        &["ResignManifestFunction: a statement allows actions that it does not name"],
    ),
    (
        "every key",
        "  PublishKeyFunction:",
        "Resource: !GetAtt SigningKeyB.Arn",
        r#"Resource: "*""#,
        &[
            "PublicPemB: nobody may read the public half of KeyArn",
            "PublishKeyFunction: a statement allows something on every resource",
        ],
    ),
    (
        "a policy of somebody else",
        "  IssueCookiesFunction:",
        "      Policies:\n",
        "      Policies:\n        - AdministratorAccess\n",
        &["IssueCookiesFunction: a policy has no statements of its own"],
    ),
    (
        "a key for everybody",
        "  SigningKeyA:",
        r#"{AWS: !Sub "arn:${AWS::Partition}:iam::${AWS::AccountId}:root"}"#,
        r#""*""#,
        &["SigningKeyA: a statement lets others in than the account"],
    ),
    (
        "a key for something else",
        "  SigningKeyB:",
        "SIGN_VERIFY",
        "ENCRYPT_DECRYPT",
        &["SigningKeyB: KeyUsage is not SIGN_VERIFY"],
    ),
    (
        "a function URL with one permission",
        "  ResignManifestUrlPermission:",
        "Action: lambda:InvokeFunctionUrl",
        "Action: lambda:GetFunction",
        &[
            "ResignManifestFunction: its URL lacks the permission lambda:InvokeFunctionUrl with FunctionUrlAuthType",
        ],
    ),
    (
        "a function URL with the other one",
        "  ResignManifestInvokePermission:",
        "InvokedViaFunctionUrl: true",
        "InvokedViaFunctionUrl: false",
        &[
            "ResignManifestFunction: its URL lacks the permission lambda:InvokeFunction with InvokedViaFunctionUrl",
        ],
    ),
    (
        "a function URL for everybody",
        "  ResignManifestFunction:\n",
        "AuthType: AWS_IAM",
        "AuthType: NONE",
        &["ResignManifestFunction: its URL is open to everybody"],
    ),
    (
        "a function URL that streams",
        "  ResignManifestFunction:\n",
        "InvokeMode: BUFFERED",
        "InvokeMode: RESPONSE_STREAM",
        &["ResignManifestFunction: its URL streams, and takes the compression out of what it streams"],
    ),
    (
        "a function URL for every distribution",
        "  ResignManifestInvokePermission:",
        "distribution/${Distribution}",
        "distribution/*",
        &["ResignManifestInvokePermission: it does not name the distribution in SourceArn"],
    ),
    (
        "a permission for everybody",
        "  ResignManifestUrlPermission:",
        "Principal: cloudfront.amazonaws.com",
        r#"Principal: "*""#,
        &["ResignManifestUrlPermission: it lets others in than CloudFront"],
    ),
];
