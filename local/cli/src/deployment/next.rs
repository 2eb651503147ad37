//! What comes after `usher init`, with the time that it takes.

use std::collections::BTreeSet;

use serde_json::Value;

use super::{
    Deployment,
    answers::{PLACEHOLDER, SECRET_PARAMETER, cognito_issuer, secret_members},
};

/// The steps from the files to a film, where `program` runs usher. The times are those of a machine with two cores, and
/// AWS's.
pub(crate) fn next_steps(program: &str, stack_name: &str, region: &str, deployment: &Deployment) -> String {
    let mut steps = Steps(vec!["Next, in this folder:".to_owned()]);
    if deployment.parameter(SECRET_PARAMETER) == Some(PLACEHOLDER) {
        steps.create_secret(program, stack_name, region, deployment);
    }
    if deployment.parameter("Entitlements").is_none() {
        let file = Deployment::parameter_file(stack_name);
        steps.add("1 minute", &format!("write rules into {file}, unless every viewer may watch everything"));
        steps.explain(&format!("Then check them: {program} doctor"));
    }
    steps.add("10 minutes", "sam build");
    steps.explain("Later builds take three minutes.");
    steps.add("10 minutes", "sam deploy");
    steps.explain("It shows what it will create, and asks once. Then CloudFront takes most of the time.");
    let has = |name: &str| deployment.parameter(name).is_some();
    let domain = deployment.parameter("DomainName").filter(|_| !has("HostedZoneId"));
    let record = domain.map(|domain| format!("make {domain} a CNAME of the output DistributionDomainName"));
    // In front of a site, the name leads to the site until everything is tried.
    let (now, later) = if has("WebsiteDomainName") { (None, record) } else { (record, None) };
    if let Some(record) = &now {
        steps.add("1 minute", record);
    }
    steps.add(
        "a while",
        &format!("AWS_REGION={region} {program} upload film.mp4 s3://BUCKET_NAME/video/film"),
    );
    steps.explain(
        "BUCKET_NAME is the output BucketName. With Entitlements, choose a folder that a rule gives.",
    );
    steps.check(program, deployment, later.is_some());
    if let Some(record) = &later {
        steps.add("1 minute", record);
        steps.explain("See docs/deployment-options.md, \"Put your web site in front\", before.");
    }
    steps.sign_in(deployment);
    steps.0.join("\n")
}

/// Lines with a time before each step.
struct Steps(Vec<String>);

impl Steps {
    fn add(&mut self, time: &str, what: &str) {
        self.0.push(format!("  {time:<10}  {what}"));
    }

    fn explain(&mut self, sentence: &str) {
        self.0.push(format!("              {sentence}"));
    }

    fn create_secret(&mut self, program: &str, stack_name: &str, region: &str, deployment: &Deployment) {
        if deployment.parameter("Django").is_some() {
            // The command that prints its key is the app's.
            let recipe = recipe_of("django/README.md");
            self.add(
                "5 minutes",
                &format!("on your site: section 1 of {recipe}, \"The app\" and \"The key\""),
            );
        }
        let members = secret_members(&deployment.parameters);
        let json: Vec<String> = members.iter().map(|member| format!("\"{}\": \"…\"", member.name)).collect();
        self.add(
            "1 minute",
            &format!(
                "aws secretsmanager create-secret --region {region} --name {stack_name}-viewers \
                 --secret-string file:///dev/stdin"
            ),
        );
        self.explain(&format!("It waits for {{{}}}. Type that, then Enter and Ctrl-D.", json.join(", ")));
        for member in &members {
            self.explain(&format!("{} is {}.", member.name, member.what));
        }
        let file = Deployment::parameter_file(stack_name);
        self.explain(&format!(
            "Write the ARN that it prints into {file}, behind {SECRET_PARAMETER}, and check:"
        ));
        self.add("", &format!("{program} doctor"));
    }

    fn check(&mut self, program: &str, deployment: &Deployment, leads_elsewhere: bool) {
        let origin = page(deployment).map_or_else(String::new, |origin| format!(" --origin {origin}"));
        let distribution = if leads_elsewhere { " --distribution DISTRIBUTION_DOMAIN_NAME" } else { "" };
        self.add(
            "1 minute",
            &format!(
                "{program} check URL --playlist /video/film/master.m3u8 --bucket-url BUCKET_URL --api-url \
                 API_URL{origin} --bearer-file token.txt{distribution}"
            ),
        );
        self.explain("URL, BUCKET_URL and API_URL are the outputs Url, BucketUrl and ApiUrl.");
        self.explain(
            "token.txt has the credential of one of your viewers: docs/deploy.md, step 5, says how to get it.",
        );
    }

    fn sign_in(&mut self, deployment: &Deployment) {
        let page = page(deployment);
        let has_pages = page.is_some() || deployment.parameter("WebsiteDomainName").is_some();
        let what = if has_pages { "the player on your site" } else { "how viewers sign in" };
        for recipe in recipes(deployment) {
            self.add("30 minutes", &format!("{what}: {}", recipe_of(recipe)));
        }
        if page.is_some() && deployment.parameter("Plone").is_some() {
            self.explain("Plone's usher.video_host is the output Url.");
        }
        if !has_pages {
            self.add("", "apps play by signed URLs: docs/http-api.md, POST /auth/urls");
            self.explain("They end with the credential, which must last as long as your longest programme.");
        }
    }
}

/// The origin of pages beside the distribution.
fn page(deployment: &Deployment) -> Option<&str> {
    deployment.parameter("AllowedOrigins")?.split(',').find(|origin| origin.starts_with("http"))
}

/// What explains how these viewers sign in.
fn recipes(deployment: &Deployment) -> BTreeSet<&'static str> {
    let of_site = SITES.iter().filter(|(name, _)| deployment.parameter(name).is_some());
    let issuers = deployment.issuers();
    of_site.map(|(_, recipe)| *recipe).chain(issuers.iter().map(recipe_of_issuer)).collect()
}

fn recipe_of_issuer(issuer: &Value) -> &'static str {
    if OWN_KEYS.iter().any(|member| issuer.get(member).is_some()) {
        "openid-connect/own-tokens.md"
    } else if cognito_issuer(issuer).is_some() {
        "openid-connect/cognito.md"
    } else {
        "openid-connect/README.md"
    }
}

/// By parameter.
const SITES: [(&str, &str); 3] =
    [("Plone", "plone/README.md"), ("Django", "django/README.md"), ("Simplejwt", "django/README.md")];
/// The members of an issuer that name the keys of a site's own tokens.
const OWN_KEYS: [&str; 3] = ["jwks", "public_key", "secret"];

fn recipe_of(name: &str) -> String {
    format!("functions/issue-cookies/recipes/{name}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn next(parameters: &[(&str, &str)]) -> String {
        let parameters =
            parameters.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        next_steps("usher", "usher", "eu-central-1", &Deployment { parameters, ..Deployment::default() })
    }

    const RULES: &str =
        "  1 minute    write rules into deploy/usher.yaml, unless every viewer may watch everything
              Then check them: usher doctor
";
    const REST: &str = "  10 minutes  sam build
              Later builds take three minutes.
  10 minutes  sam deploy
              It shows what it will create, and asks once. Then CloudFront takes most of the time.
";
    const END: &str = "  a while     AWS_REGION=eu-central-1 usher upload film.mp4 s3://BUCKET_NAME/video/film
              BUCKET_NAME is the output BucketName. With Entitlements, choose a folder that a rule gives.
  1 minute    usher check URL --playlist /video/film/master.m3u8 --bucket-url BUCKET_URL --api-url API_URL --bearer-file token.txt
              URL, BUCKET_URL and API_URL are the outputs Url, BucketUrl and ApiUrl.
              token.txt has the credential of one of your viewers: docs/deploy.md, step 5, says how to get it.
  30 minutes  how viewers sign in: functions/issue-cookies/recipes/";
    const APPS: &str = "
              apps play by signed URLs: docs/http-api.md, POST /auth/urls
              They end with the credential, which must last as long as your longest programme.";

    #[test]
    fn viewers_without_a_secret_need_no_more_than_a_build_and_a_deployment() {
        let plone = ("Plone", r#"{"site": "https://p.example"}"#);
        assert_eq!(next(&[plone]), format!("Next, in this folder:\n{RULES}{REST}{END}plone/README.md{APPS}"));
        let own_dns = "  1 minute    make v.example a CNAME of the output DistributionDomainName\n";
        assert_eq!(
            next(&[plone, ("DomainName", "v.example")]),
            format!("Next, in this folder:\n{RULES}{REST}{own_dns}{END}plone/README.md{APPS}")
        );
        let zone = [plone, ("DomainName", "v.example"), ("HostedZoneId", "Z1")];
        let rules = [plone, ("Entitlements", r#"["/video/free/*"]"#)];
        assert_eq!(next(&rules), format!("Next, in this folder:\n{REST}{END}plone/README.md{APPS}"));
        assert_eq!(next(&zone), format!("Next, in this folder:\n{RULES}{REST}{END}plone/README.md{APPS}"));
    }

    #[test]
    fn a_name_that_leads_to_the_site_is_switched_when_all_is_tried() {
        let plone = ("Plone", r#"{"site": "https://p.example"}"#);
        let front = [plone, ("WebsiteDomainName", "o.example"), ("DomainName", "www.example")];
        let check = " --bearer-file token.txt --distribution DISTRIBUTION_DOMAIN_NAME\n";
        let end = END.replace(" --bearer-file token.txt\n", check);
        let player = "  1 minute    make www.example a CNAME of the output DistributionDomainName
              See docs/deployment-options.md, \"Put your web site in front\", before.
  30 minutes  the player on your site";
        let end = end.replace("  30 minutes  how viewers sign in", player);
        assert_eq!(next(&front), format!("Next, in this folder:\n{RULES}{REST}{end}plone/README.md"));
    }

    #[test]
    fn pages_beside_the_distribution_are_named() {
        let plone = ("Plone", r#"{"site": "https://p.example"}"#);
        let origins = ("AllowedOrigins", "capacitor://localhost,https://p.example,https://q.example");
        let steps = next(&[plone, origins]);
        assert!(steps.contains(" --api-url API_URL --origin https://p.example --bearer-file "), "{steps}");
        assert!(steps.contains("\n  30 minutes  the player on your site: functions/"), "{steps}");
        assert!(steps.ends_with("\n              Plone's usher.video_host is the output Url."), "{steps}");
    }

    #[test]
    fn a_secret_that_does_not_exist_yet_is_created_first() {
        let app = "  5 minutes   on your site: section 1 of functions/issue-cookies/recipes/django/README.md, \
                   \"The app\" and \"The key\"\n";
        let expected = "  1 minute    aws secretsmanager create-secret --region eu-central-1 --name usher-viewers --secret-string file:///dev/stdin
              It waits for {\"django\": \"…\", \"api\": \"…\"}. Type that, then Enter and Ctrl-D.
              django is what `python manage.py video_key` prints.
              api is the secret with which your site signs, of 32 bytes or more.
              Write the ARN that it prints into deploy/usher.yaml, behind ViewerSecretArn, and check:
              usher doctor
";
        let parameters = [
            ("Django", r#"{"keys": "django", "audience": "video"}"#),
            ("JwtIssuers", r#"[{"issuer": "https://i.example", "audience": "video", "secret": "api"}]"#),
            ("ViewerSecretArn", PLACEHOLDER),
        ];
        let (first, second) = ("django/README.md", "openid-connect/own-tokens.md");
        let player = END.lines().last().unwrap_or_default();
        assert_eq!(
            next(&parameters),
            format!(
                "Next, in this folder:\n{app}{expected}{RULES}{REST}{END}{first}\n{player}{second}{APPS}"
            )
        );
        let others = [parameters[1], parameters[2]];
        assert!(next(&others).starts_with("Next, in this folder:\n  1 minute    aws "), "{}", next(&others));
        let done = [parameters[0], ("ViewerSecretArn", "arn:aws:secretsmanager:…")];
        assert_eq!(next(&done), format!("Next, in this folder:\n{RULES}{REST}{END}django/README.md{APPS}"));
    }

    #[test]
    fn each_issuer_has_its_page() {
        let issuers = r#"[{"issuer": "https://cognito-idp.eu-central-1.amazonaws.com/1"}, {"issuer": "https://j"},
                          {"issuer": "https://k", "public_key": "K"}, {"issuer": "https://l", "secret": "l"}]"#;
        let parameters = vec![
            ("Simplejwt".to_owned(), "{}".to_owned()),
            ("Django".to_owned(), "{}".to_owned()),
            ("JwtIssuers".to_owned(), issuers.to_owned()),
        ];
        let expected = BTreeSet::from([
            "django/README.md",
            "openid-connect/README.md",
            "openid-connect/cognito.md",
            "openid-connect/own-tokens.md",
        ]);
        assert_eq!(recipes(&Deployment { parameters, ..Deployment::default() }), expected);
    }
}
