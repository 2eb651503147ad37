//! `usher init`

use crate::{checkout::Checkout, terminal::Terminal};

const ARN: &str = "arn:aws:secretsmanager:eu-central-1:123456789012:secret:viewers-AbCdEf";

/// What both ways write for simplejwt, without the words of the template.
fn without_words(text: &str) -> Vec<&str> {
    text.lines().filter(|line| !line.is_empty() && !line.starts_with('#')).collect()
}

fn init(checkout: &Checkout, arguments: &[&str]) -> (Option<i32>, String, String) {
    let parameters = ["--region", "eu-central-1", "--set", "Simplejwt={\"keys\": \"simplejwt\"}"];
    checkout.run(&[&["init"][..], &parameters, arguments].concat())
}

#[test]
fn parameters_of_the_command_line_become_the_two_files() {
    let checkout = Checkout::new();
    let arn = format!("ViewerSecretArn={ARN}");
    let (code, stdout, stderr) = init(&checkout, &["--set", &arn]);
    assert_eq!((code, stderr.as_str()), (Some(0), ""), "{stdout}");
    let file = checkout.read("deploy/usher.yaml").unwrap();
    let head = "# Parameters of the stack usher, for `sam build && sam deploy`.\n\
                # docs/settings.md describes all of them; `usher doctor` checks them.\n\n# ";
    assert!(file.starts_with(head), "{file}");
    let expected = [r#"Simplejwt: '{"keys": "simplejwt"}'"#, &format!("ViewerSecretArn: {ARN}")];
    assert_eq!(without_words(&file), expected);
    let config = checkout.read("samconfig.toml").unwrap();
    let stack = "[default.global.parameters]\nstack_name = \"usher\"\nregion = \"eu-central-1\"\n\
                 parameter_overrides = \"file://deploy/usher.yaml\"\n";
    assert!(config.contains(stack), "{config}");
    let mut lines = stdout.lines();
    assert_eq!(lines.next(), Some("wrote deploy/usher.yaml"));
    assert_eq!(lines.next(), Some("wrote samconfig.toml"));
    assert!(stdout.contains("\n10 ok, 0 wrong, 0 to be considered, 0 unknown\n\nNext, in this folder:\n"));
    assert_eq!(checkout.run(&["doctor"]).0, Some(0));

    let (code, stdout, _) = init(&checkout, &["--set", &arn]);
    assert!(stdout.starts_with("deploy/usher.yaml is as it was\nsamconfig.toml is as it was\n"), "{stdout}");
    assert_eq!(code, Some(0));
    assert_eq!(checkout.read("deploy/usher.yaml"), Some(file), "the same answers give the same bytes");
    assert_eq!(checkout.read("samconfig.toml"), Some(config));
}

#[test]
fn what_is_next_is_written_as_the_user_has_run_this() {
    let checkout = Checkout::new();
    let arguments = ["init", "--region", "eu-central-1", "--set", "Simplejwt={\"keys\": \"simplejwt\"}"];
    for (variable, program) in [(None, "usher"), (Some("/usr/bin/cargo"), "cargo run --")] {
        let mut command = checkout.command(&arguments);
        command.envs(variable.map(|cargo| ("CARGO", cargo)));
        let stdout = String::from_utf8(command.output().unwrap().stdout).unwrap();
        assert!(
            stdout.contains(&format!(
                "\n  a while     AWS_REGION=eu-central-1 {program} upload film.mp4 s3://"
            )),
            "{stdout}"
        );
        assert!(stdout.contains(&format!("\n  1 minute    {program} check URL --playlist ")), "{stdout}");
    }
}

#[test]
fn a_secret_may_come_later_and_doctor_says_so() {
    let checkout = Checkout::new();
    let (code, stdout, stderr) = init(&checkout, &[]);
    assert_eq!((code, stderr.as_str()), (Some(0), ""), "{stdout}");
    let file = checkout.read("deploy/usher.yaml").unwrap();
    let expected = [r#"Simplejwt: '{"keys": "simplejwt"}'"#, "ViewerSecretArn: 'the ARN of the secret'"];
    assert_eq!(without_words(&file), expected);
    let create = "  1 minute    aws secretsmanager create-secret --region eu-central-1 --name usher-viewers \
                  --secret-string file:///dev/stdin\n";
    assert!(stdout.contains(create), "{stdout}");
    let (code, stdout, _) = checkout.run(&["doctor"]);
    assert_eq!(code, Some(1), "{stdout}");
}

#[test]
fn a_file_that_is_there_is_replaced_only_on_request() {
    let checkout = Checkout::new();
    checkout.write("deploy/usher.yaml", "DomainName: mine.example\n");
    let config = checkout.read("samconfig.toml");
    let refused = "error: deploy/usher.yaml would lose lines: nothing was written; --replace replaces them\n";
    assert_eq!(init(&checkout, &[]), (Some(2), String::new(), refused.to_owned()));
    assert_eq!(checkout.read("deploy/usher.yaml").as_deref(), Some("DomainName: mine.example\n"));
    assert_eq!(checkout.read("samconfig.toml"), config);
    assert_eq!(init(&checkout, &["--replace"]).0, Some(0));
    assert!(checkout.read("deploy/usher.yaml").unwrap().contains("Simplejwt: "));
}

#[test]
fn parameters_that_could_not_be_deployed_are_not_written() {
    let checkout = Checkout::new();
    let rows = [
        ("Nothing=x", "there is no parameter Nothing: docs/settings.md describes each parameter"),
        (
            "HostedZoneId=Z1EXAMPLE",
            "HostedZoneId is for DomainName, set both (rule DomainAndCertificateGoTogether): docs/settings.md \
             describes each parameter",
        ),
        (
            "ScopeDepth=17",
            "the parameter ScopeDepth must be a number from 0 to 16: docs/settings.md describes each parameter",
        ),
    ];
    for (parameter, expected) in rows {
        let error = format!("error: {expected}\n");
        assert_eq!(init(&checkout, &["--set", parameter]), (Some(2), String::new(), error));
    }
    assert_eq!(checkout.read("deploy/usher.yaml"), None);
}

#[test]
fn without_a_terminal_nobody_can_answer() {
    let error = "error: usher init asks questions, and this is no terminal: name the parameters, as in --set \
                 'Plone={\"site\": \"https://www.example.com/Plone\"}' --region eu-central-1\n";
    assert_eq!(Checkout::new().run(&["init"]), (Some(2), String::new(), error.to_owned()));
}

#[test]
fn on_a_terminal_the_answers_become_the_two_files() {
    let checkout = Checkout::new();
    let mut terminal = Terminal::start(checkout.command(&["init", "films"]));
    terminal.answer("Whose viewers may watch?", "jj\r");
    terminal.answer("Where is the player?", "j\r");
    terminal.answer("ARN of the secret that verifies viewers", "nonsense\r");
    terminal.answer("the parameter ViewerSecretArn must be the complete ARN of a secret, ", "");
    terminal.answer("ARN of the secret that verifies viewers", &format!("{ARN}\r"));
    terminal.answer("Origin of the pages with the player", "https://www.example.com\r");
    terminal.answer("Host name of the distribution", "video.invalid\r");
    terminal.answer("ARN of its certificate", "\r");
    // Who has no certificate goes back to the first question of these.
    terminal.answer("Where is the player?", "j\r");
    terminal.answer("Origin of the pages with the player", "www.example.com\r");
    terminal.answer("without paths, wildcards and spaces", "");
    terminal.answer("Origin of the pages with the player", "https://www.example.com/\r");
    terminal.answer("Host name of the distribution", "\r");
    terminal.answer("https://www.example.com is on another site than the distribution", "");
    terminal.answer("Use this nevertheless?", "y\r");
    terminal.answer("AWS Region of the stack", "us-east-1\r");
    terminal.answer("ViewerSecretArn is of eu-central-1, and the stack of us-east-1", "");
    // Proposed is the secret's.
    terminal.answer("AWS Region of the stack", "\r");
    let (code, stdout) = terminal.end();
    assert_eq!(code, Some(0), "{stdout}");
    let file = checkout.read("deploy/films.yaml").unwrap();
    let expected = [
        r#"Simplejwt: '{"keys": "simplejwt"}'"#,
        &format!("ViewerSecretArn: {ARN}"),
        "AllowedOrigins: https://www.example.com",
    ];
    assert_eq!(without_words(&file), expected);
    assert!(checkout.read("samconfig.toml").unwrap().contains("region = \"eu-central-1\"\n"));
}

#[test]
fn on_a_terminal_the_user_sees_what_would_be_lost_and_decides() {
    let checkout = Checkout::new();
    for (consent, code) in [("n\r", 2), ("y\r", 0)] {
        checkout.write("deploy/usher.yaml", "DomainName: mine.example\n");
        let mut terminal = Terminal::start(checkout.command(&["init", "--region", "eu-central-1"]));
        terminal.answer("Whose viewers may watch?", "jj\r");
        terminal.answer("Where is the player?", "jjj\r");
        terminal.answer("ARN of the secret that verifies viewers", "\r");
        terminal.answer("Host name of the distribution", "\r");
        terminal.answer("AWS Region of the stack", "\r");
        terminal.answer("  - DomainName: mine.example", "");
        terminal.answer("Replace these lines of deploy/usher.yaml?", consent);
        let (ended, stdout) = terminal.end();
        assert_eq!(ended, Some(code), "{stdout}");
        let kept = checkout.read("deploy/usher.yaml").unwrap() == "DomainName: mine.example\n";
        assert_eq!(kept, code == 2);
    }
}

#[test]
fn what_does_not_fit_together_is_asked_again() {
    let checkout = Checkout::new();
    let mut command = checkout.command(&["init"]);
    command.env("AWS_DEFAULT_REGION", "eu-west-1");
    let mut terminal = Terminal::start(command);
    terminal.answer("Whose viewers may watch?", "k\r");
    terminal.answer("Where is the player?", "\r");
    terminal.answer("Issuer, as in the token's iss", "https://login.microsoftonline.com/common/v2.0\r");
    terminal.answer("Audience, as in the token's aud", "\r");
    terminal.answer("JwtIssuers[0]: issuer stands for any tenant", "");
    terminal.answer("Whose viewers may watch?", "jj\r");
    terminal.answer("Where is the player?", "\r");
    terminal.answer("ARN of the secret that verifies viewers", "\r");
    terminal.answer("Host name of the site's own server", "www.example.com\r");
    let distribution = "Host name of the distribution, which viewers use, such as www.example.com";
    terminal.answer(distribution, "www.example.com\r");
    terminal.answer("it is the name of the site's own server", "");
    terminal.answer(distribution, "\r");
    terminal.answer("without DomainName, the distribution in front of your site has only its name", "");
    terminal.answer("Use this nevertheless?", "n\r");
    terminal.answer("Where is the player?", "jjj\r");
    terminal.answer("Host name of the distribution", "\r");
    terminal.answer("AWS Region of the stack", "\r");
    assert_eq!(terminal.end().0, Some(0));
    assert!(checkout.read("samconfig.toml").unwrap().contains("region = \"eu-west-1\"\n"));
    let file = checkout.read("deploy/usher.yaml").unwrap();
    let expected = [r#"Simplejwt: '{"keys": "simplejwt"}'"#, "ViewerSecretArn: 'the ARN of the secret'"];
    assert_eq!(without_words(&file), expected);
}

#[test]
fn whoever_cannot_answer_goes_back_and_what_hardly_anybody_wants_is_confirmed() {
    let checkout = Checkout::new();
    let mut terminal = Terminal::start(checkout.command(&["init"]));
    // Up and down, to a user pool.
    terminal.answer("Whose viewers may watch?", "jjj\r");
    terminal.answer("Where is the player?", "jjj\r");
    terminal.answer("Id of the user pool", "eu-central-1_AbCdEfGhI\r");
    terminal.answer("Id of its app client (several: with commas) (empty: back)", "\r");
    terminal.answer("Whose viewers may watch?", "\r");
    terminal.answer("Where is the player?", "j\r");
    terminal.answer("URL of the Plone site, such as https://www.example.com/Plone", "\r");
    terminal.answer("Whose viewers may watch?", "j\r");
    terminal.answer("Where is the player?", "jjj\r");
    terminal.answer("VIDEO_AUDIENCE of the site", "\r");
    terminal.answer("ARN of the secret that verifies viewers", &format!("{ARN}\r"));
    terminal.answer("Host name of the distribution", "\r");
    terminal.answer("no page of the Django site can get cookies: name its origin in AllowedOrigins", "");
    terminal.answer("Use this nevertheless?", "n\r");
    terminal.answer("Where is the player?", "\r");
    terminal.answer("Host name of the site's own server", "\r");
    terminal.answer("Where is the player?", "\r");
    terminal.answer("Host name of the site's own server", "origin.example.com\r");
    terminal.answer("Host name of the distribution", "\r");
    terminal.answer("without DomainName, the distribution in front of your site has only its name", "");
    terminal.answer("Use this nevertheless?", "y\r");
    terminal.answer("AWS Region of the stack", "\r");
    let (code, stdout) = terminal.end();
    assert_eq!(code, Some(0), "{stdout}");
    let file = checkout.read("deploy/usher.yaml").unwrap();
    let expected = [
        r#"Django: '{"keys": "django", "audience": "video"}'"#,
        &format!("ViewerSecretArn: {ARN}"),
        "WebsiteDomainName: origin.example.com",
    ];
    assert_eq!(without_words(&file), expected);
    assert!(stdout.contains("\nwarning  pages        without DomainName, "), "{stdout}");
}

#[test]
fn a_plone_site_behind_the_distribution_is_asked_at_its_own_server() {
    let checkout = Checkout::new();
    let mut terminal = Terminal::start(checkout.command(&["init", "--region", "eu-central-1"]));
    let site = "URL of the Plone site at its own server, whose name viewers do not use";
    let distribution = "Host name of the distribution, which viewers use, such as www.example.com";
    terminal.answer("Whose viewers may watch?", "\r");
    terminal.answer("Where is the player?", "\r");
    terminal.answer(site, "https://origin.invalid:8443/Plone\r");
    terminal.answer("it has a port, and CloudFront asks your server at port 443", "");
    terminal.answer(site, "https://www.example.invalid/Plone\r");
    terminal.answer("the Plone site cannot be reached", "");
    terminal.answer(distribution, "www.example.invalid\r");
    terminal.answer("it is the name of the site's own server", "");
    terminal.answer(distribution, "\r");
    terminal.answer("Use this nevertheless?", "n\r");
    // The other answer is the one to be corrected.
    terminal.answer("Whose viewers may watch?", "\r");
    terminal.answer("Where is the player?", "\r");
    terminal.answer(site, "https://origin.example.invalid/Plone\r");
    terminal.answer(distribution, "www.example.invalid\r");
    terminal.answer("ARN of its certificate", "arn:aws:acm:us-east-1:123456789012:certificate/1\r");
    terminal.answer("Id of its Route 53 hosted zone", "\r");
    terminal.answer("AWS Region of the stack", "\r");
    assert_eq!(terminal.end().0, Some(0));
    let file = checkout.read("deploy/usher.yaml").unwrap();
    let expected = [
        r#"Plone: '{"site": "https://origin.example.invalid/Plone"}'"#,
        "WebsiteDomainName: origin.example.invalid",
        "DomainName: www.example.invalid",
        "CertificateArn: arn:aws:acm:us-east-1:123456789012:certificate/1",
    ];
    assert_eq!(without_words(&file), expected);
}

#[test]
fn the_stack_of_samconfig_is_replaced_only_on_request() {
    let checkout = Checkout::new();
    assert_eq!(
        init(&checkout, &["films"]).0,
        Some(0),
        "as it is in the repository, it names no stack's parameters"
    );
    let refused = "error: samconfig.toml would lose lines: nothing was written; --replace replaces them. \
                   samconfig.toml is of the stack films: another one needs another copy of this folder\n";
    assert_eq!(init(&checkout, &["others"]), (Some(2), String::new(), refused.to_owned()));
    assert_eq!(checkout.read("deploy/others.yaml"), None);
    assert_eq!(init(&checkout, &["others", "--replace"]).0, Some(0));
    assert!(checkout.read("samconfig.toml").unwrap().contains("\"file://deploy/others.yaml\""));
    assert!(checkout.read("deploy/films.yaml").is_some());
}
