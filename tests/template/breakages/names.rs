//! Parameters, references and conditions.

use super::{Breakage, each_is_refused};

#[test]
fn a_name_that_does_nothing_is_refused() {
    each_is_refused(&BREAKAGES, &["domain", "rotation is over", "existing key alone"]);
}

const BREAKAGES: [Breakage; 18] = [
    (
        "a parameter without effect",
        "  Distribution:\n",
        "PriceClass: !Ref PriceClass",
        "PriceClass: PriceClass_All",
        &["nobody reads the parameter PriceClass"],
    ),
    (
        "a parameter without a default",
        "  ScopeDepth:\n",
        "    Default: 1\n",
        "",
        &[
            "template.yaml: the parameter ScopeDepth must be given: it has no default",
            "the parameter ScopeDepth has no Default",
        ],
    ),
    (
        "a parameter without a description",
        "  PriceClass:\n",
        "    Description: Which edge locations serve viewers\n",
        "",
        &["the parameter PriceClass has no Description"],
    ),
    (
        "a form that nobody understands",
        "  HostedZoneId:\n",
        "    ConstraintDescription: the id of a hosted zone, or empty\n",
        "",
        &["the parameter HostedZoneId has an AllowedPattern without ConstraintDescription"],
    ),
    (
        "a default that its own form refuses",
        "  CookieSameSite:\n",
        "Default: Lax",
        "Default: lax",
        &["template.yaml: the parameter CookieSameSite must be one of Lax, Strict, None, NonePartitioned"],
    ),
    (
        "a parameter that no group shows",
        "ParameterGroups:",
        "          - PriceClass\n",
        "",
        &["the parameter PriceClass stands in no ParameterGroups"],
    ),
    (
        "a parameter that groups show twice",
        "ParameterGroups:",
        "          - PriceClass\n",
        "          - PriceClass\n          - PriceClass\n",
        &["the parameter PriceClass stands in ParameterGroups more than once"],
    ),
    (
        "a group with a name of before",
        "ParameterGroups:",
        "          - PriceClass\n",
        "          - PriceClass\n          - PriceClasses\n",
        &["ParameterGroups has PriceClasses, which is no parameter"],
    ),
    (
        "a secret for a parameter",
        "\nParameters:\n",
        "  JwtIssuers:\n",
        "  ApiSecret: {Type: String, Description: A secret, Default: \"\", NoEcho: true}\n  JwtIssuers:\n",
        &[
            "nobody reads the parameter ApiSecret",
            "the parameter ApiSecret has NoEcho, so it is a secret, which belongs elsewhere",
            "the parameter ApiSecret is a secret by its name, and no ARN by its form",
            "the parameter ApiSecret stands in no ParameterGroups",
        ],
    ),
    (
        "a name that leads nowhere",
        "\nOutputs:\n",
        r#"!Sub "https://${DomainName}""#,
        r#"!Sub "https://${Domain}""#,
        &[
            "Outputs/Url: there is no Domain",
            "template.yaml: Outputs/Url: it refers to Domain, which is neither a parameter nor a resource",
        ],
    ),
    (
        "a name that leads nowhere in a rule",
        "\nRules:\n",
        "!Ref HostedZoneId",
        "!Ref HostedZone",
        &[
            "Rules/DomainAndCertificateGoTogether: there is no HostedZone",
            "template.yaml: Rules/DomainAndCertificateGoTogether: it refers to HostedZone, which is neither a parameter nor a resource",
        ],
    ),
    (
        "an attribute that is not there",
        "- Id: media",
        "!GetAtt S3Oac.Id",
        "!GetAtt S3Oac.Arn",
        &["Resources/Distribution: S3Oac has no attribute Arn"],
    ),
    (
        "a URL that the function does not have",
        "- Id: manifest",
        "ResignManifestFunctionUrl",
        "IssueCookiesFunctionUrl",
        &[
            "Resources/Distribution: IssueCookiesFunctionUrl has no attribute FunctionUrl",
            "template.yaml: Resources/Distribution: it refers to IssueCookiesFunctionUrl, which is neither a parameter nor a resource",
        ],
    ),
    (
        "a condition that is not there",
        "  Distribution:\n",
        "[HasDomain, [!Ref DomainName]",
        "[HasDomains, [!Ref DomainName]",
        &[
            "template.yaml: Resources/Distribution: there is no condition HasDomains",
            "there is no condition HasDomains",
        ],
    ),
    (
        "a condition without effect",
        "\nConditions:\n",
        "  HasHostedZone:",
        "  HasNothing: !Equals [!Ref DomainName, \"\"]\n  HasHostedZone:",
        &["nothing depends on the condition HasNothing"],
    ),
    (
        "a reference to what may not be there",
        "  PublicPemB:\n",
        "    Condition: HasKeyB\n",
        "",
        &[
            "template.yaml: Resources/PublicPemB: it refers to PublishKeyFunction, which is not there with these parameters",
            "template.yaml: Resources/PublicPemB: it refers to SigningKeyB, which is not there with these parameters",
        ],
    ),
    (
        "resources that wait for each other",
        "  KeyGroup:\n",
        r#"        Name: !Sub "${AWS::StackName}-${AWS::Region}""#,
        "        Name: !Ref DnsRecords",
        &[
            "template.yaml: Resources/KeyGroup: it refers to DnsRecords, which is not there with these parameters",
            "these wait for each other: Distribution, DnsRecords, KeyGroup",
        ],
    ),
    (
        "a function that waits for what waits for it",
        "  IssueCookiesFunction:",
        "    Metadata:",
        "    DependsOn: Distribution\n    Metadata:",
        &["these wait for each other: AuthApi, Distribution, IssueCookiesFunction"],
    ),
];
