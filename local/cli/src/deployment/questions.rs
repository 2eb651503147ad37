//! The questions of `usher init`, on a terminal.
//!
//! Each answer is judged at once: its form by the template, and together with the others by the template's rules and the
//! functions' own settings. What is elsewhere, such as an issuer, is asked.

use std::fmt::Display;

use dialoguer::{Confirm, Input, Select, console::Term, theme::ColorfulTheme};
use url::Url;
use usher_cloudformation::{Problem, Template};

use super::{
    Deployment, Finding,
    answers::{Answers, Domain, Player, SECRET_PARAMETER, Viewers},
    checks::{Checked, judge, region},
};

/// Asks on the terminal, on standard error.
pub(crate) struct Questions<'a> {
    template: &'a Template,
    terminal: Term,
    theme: ColorfulTheme,
}

/// Why there are no answers.
#[derive(Debug, thiserror::Error)]
pub(crate) enum QuestionsError {
    /// The user ended them, or the terminal is gone.
    #[error("the questions ended ({0}): nothing was written")]
    Ended(#[from] dialoguer::Error),
    /// Nobody could answer.
    #[error(
        "usher init asks questions, and this is no terminal: name the parameters, as in --set \
         'Plone={{\"site\": \"https://www.example.com/Plone\"}}' --region eu-central-1"
    )]
    NoTerminal,
}

type Parameters = Vec<(String, String)>;

/// Those that may be proposed, if they are known.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Regions<'a> {
    /// By the command line, or by a stack that is there.
    pub(crate) chosen: Option<&'a str>,
    /// Of AWS's own programs in this shell.
    pub(crate) of_shell: Option<&'a str>,
}

/// Where the player is.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Place {
    Beside,
    Devices,
    Elsewhere,
    InFront,
}

impl<'a> Questions<'a> {
    /// # Errors
    /// [`QuestionsError::NoTerminal`]
    pub(crate) fn new(template: &'a Template) -> Result<Self, QuestionsError> {
        let terminal = Term::stderr();
        let is_terminal = terminal.is_term() && std::io::IsTerminal::is_terminal(&std::io::stdin());
        if is_terminal {
            Ok(Self { template, terminal, theme: ColorfulTheme::default() })
        } else {
            Err(QuestionsError::NoTerminal)
        }
    }

    /// Asks everything: the parameters, and the region.
    ///
    /// # Errors
    /// [`QuestionsError::Ended`]
    pub(crate) async fn ask(&self, regions: Regions<'_>) -> Result<(Parameters, String), QuestionsError> {
        let answers = loop {
            if let Some(answers) = self.answers().await? {
                break answers;
            }
        };
        let parameters = answers.parameters();
        let is_region = |region: &str| match region::problem(region) {
            Some(problem) => Err(format!("it {problem}")),
            None => region::elsewhere(&parameters, region).map_or(Ok(()), Err),
        };
        let of_secret = answers.secret_arn.as_deref().and_then(region::of_arn);
        let known = regions.chosen.or(of_secret).or(answers.viewers.region()).or(regions.of_shell);
        let proposed = known.filter(|region| region::problem(region).is_none()).unwrap_or(DEFAULT_REGION);
        let region = self.text("AWS Region of the stack", proposed, is_region)?;
        Ok((parameters, region))
    }

    /// Asks whether to do something.
    ///
    /// # Errors
    /// [`QuestionsError::Ended`]
    pub(crate) fn confirm(&self, question: impl Into<String>) -> Result<bool, QuestionsError> {
        let confirm =
            Confirm::with_theme(&self.theme).with_prompt(question).default(false).wait_for_newline(true);
        Ok(confirm.interact_on(&self.terminal)?)
    }

    /// Says something between two questions.
    ///
    /// # Errors
    /// [`QuestionsError::Ended`]
    pub(crate) fn say(&self, line: impl Display) -> Result<(), QuestionsError> {
        Ok(self.terminal.write_line(&line.to_string()).map_err(dialoguer::Error::IO)?)
    }

    /// All answers but the region; nothing, if the user wants to begin again.
    async fn answers(&self) -> Result<Option<Answers>, QuestionsError> {
        let (viewers, mut place) = self.viewers().await?;
        let secret_arn = if viewers.need_secret() {
            self.optional("ARN of the secret that verifies viewers (empty: later)", SECRET_PARAMETER)?
        } else {
            None
        };
        let mut answers = Answers { viewers, secret_arn, player: Player::Devices, domain: None };
        while !self.completes(&mut answers, place)? {
            // Where Usher asks Plone depends on the place.
            if matches!(answers.viewers, Viewers::Plone { .. }) {
                return Ok(None);
            }
            place = self.place()?;
        }
        Ok(Some(answers))
    }

    /// Whose viewers they are, and the player's place.
    async fn viewers(&self) -> Result<(Viewers, Place), QuestionsError> {
        loop {
            let Some((viewers, place)) = self.kind_and_place()? else { continue };
            if let Some(viewers) = self.accepted(viewers).await? {
                return Ok((viewers, place));
            }
        }
    }

    /// Nothing, if they cannot sign in, or not as the user wants.
    async fn accepted(&self, viewers: Viewers) -> Result<Option<Viewers>, QuestionsError> {
        let checked = self.judge(&viewers);
        if self.tell(checked.problems())? {
            return Ok(None);
        }
        let reached = checked.reach().await;
        let (viewers, reached) = match self.by_another_algorithm(&viewers, &reached).await {
            Some(other) => other,
            None => (viewers, reached),
        };
        for finding in &reached {
            self.say(finding)?;
        }
        let is_accepted = !reached.iter().any(Finding::is_wrong) || self.confirm(NEVERTHELESS)?;
        Ok(is_accepted.then_some(viewers))
    }

    /// Most providers sign with RS256. The keys that another one publishes are for the algorithm of its tokens.
    async fn by_another_algorithm(
        &self,
        viewers: &Viewers,
        reached: &[Finding],
    ) -> Option<(Viewers, Vec<Finding>)> {
        let Viewers::OpenId { issuer, audience, .. } = viewers else { return None };
        if !reached.iter().any(Finding::is_wrong) {
            return None;
        }
        for algorithm in OTHER_ALGORITHMS {
            let (issuer, audience) = (issuer.clone(), audience.clone());
            let other = Viewers::OpenId { issuer, audience, algorithm: Some(algorithm) };
            let found = self.judge(&other).reach().await;
            if !found.iter().any(Finding::is_wrong) {
                return Some((other, found));
            }
        }
        None
    }

    fn judge(&self, viewers: &Viewers) -> Checked {
        let (viewers, player) = (viewers.clone(), Player::Devices);
        judge(self.template, &of(Answers { viewers, secret_arn: None, player, domain: None }.parameters()))
    }

    /// Nothing, if the user wants to choose again.
    fn kind_and_place(&self) -> Result<Option<(Viewers, Place)>, QuestionsError> {
        const ISSUER: &str = "Issuer, as in the token's iss, such as";
        const AUDIENCE: &str = "Audience, as in the token's aud";
        let kinds = [
            "a Plone site's",
            "a Django site's",
            "those of Django REST framework with simplejwt",
            "those of an Amazon Cognito user pool",
            "those of another OpenID provider: Keycloak, Auth0, Entra ID, Okta, Google, …",
            "those to whom your site gives JSON Web Tokens that it signs with a secret",
        ];
        let kind = self.choose("Whose viewers may watch?", &kinds)?;
        let place = self.place()?;
        let viewers = match kind {
            0 => self.plone(place)?,
            1 => Some(Viewers::Django { audience: self.audience("VIDEO_AUDIENCE of the site")? }),
            2 => Some(Viewers::Simplejwt),
            3 => {
                let user_pool = "Id of the user pool, such as eu-central-1_AbCdEfGhI";
                let Some(user_pool) = self.necessary(user_pool, is_user_pool)? else { return Ok(None) };
                let client = self.necessary("Id of its app client (several: with commas)", is_client)?;
                client.map(|client| Viewers::Cognito { user_pool, client })
            }
            4 => {
                let issuer = format!("{ISSUER} https://id.example.com/realms/video");
                let Some(issuer) = self.necessary(&issuer, is_https)? else { return Ok(None) };
                let audience = self.necessary(AUDIENCE, any)?;
                audience.map(|audience| Viewers::OpenId { issuer, audience, algorithm: None })
            }
            _ => {
                let issuer = self.necessary(&format!("{ISSUER} https://www.example.com"), any)?;
                let Some(issuer) = issuer else { return Ok(None) };
                Some(Viewers::OwnTokens { issuer, audience: self.audience(AUDIENCE)? })
            }
        };
        Ok(viewers.map(|viewers| (viewers, place)))
    }

    /// Nothing, if the user wants to choose again.
    fn plone(&self, place: Place) -> Result<Option<Viewers>, QuestionsError> {
        let site = if place == Place::InFront {
            let question = "URL of the Plone site at its own server, whose name viewers do not use, such as \
                            https://origin.example.com/Plone";
            self.necessary(question, |url| self.accepts("WebsiteDomainName", &host_of(url)?))?
        } else {
            self.necessary("URL of the Plone site, such as https://www.example.com/Plone", is_https)?
        };
        Ok(site.map(|site| Viewers::Plone { site }))
    }

    fn place(&self) -> Result<Place, QuestionsError> {
        let places = [
            "on your site, with the distribution in front of it (recommended; it needs a second host name)",
            "on your site, beside the distribution: www.example.com and video.example.com",
            "on your site, while the videos have a name at cloudfront.net or of another domain",
            "in apps and on devices, which play by signed URLs",
        ];
        Ok(match self.choose("Where is the player?", &places)? {
            0 => Place::InFront,
            1 => Place::Beside,
            2 => Place::Elsewhere,
            _ => Place::Devices,
        })
    }

    /// Asks for the hosts, and judges all answers together; whether the user goes on with them.
    fn completes(&self, answers: &mut Answers, place: Place) -> Result<bool, QuestionsError> {
        let Some(player) = self.player(&answers.viewers, place)? else { return Ok(false) };
        answers.domain = match self.domain_name(&player)? {
            None => None,
            Some(name) => match self.domain(name)? {
                None => return Ok(false),
                domain => domain,
            },
        };
        answers.player = player;
        let checked = judge(self.template, &of(answers.parameters()));
        if self.tell(checked.problems())? {
            return Ok(false);
        }
        Ok(!self.tell(checked.warnings())? || self.confirm(NEVERTHELESS)?)
    }

    /// Nothing, if the user wants to choose again.
    fn player(&self, viewers: &Viewers, place: Place) -> Result<Option<Player>, QuestionsError> {
        let origin = || {
            self.parameter(
                "Origin of the pages with the player, such as https://www.example.com",
                "AllowedOrigins",
            )
        };
        Ok(match (place, viewers) {
            // Usher asks Plone where CloudFront asks it.
            (Place::InFront, Viewers::Plone { site }) => {
                host_of(site).ok().map(|website| Player::BehindDistribution { website })
            }
            (Place::InFront, _) => {
                let website = "Host name of the site's own server, which viewers do not use, such as origin.example.com";
                let website = self.parameter(website, "WebsiteDomainName")?;
                website.map(|website| Player::BehindDistribution { website })
            }
            (Place::Beside, _) => origin()?.map(|origin| Player::SameSite { origin }),
            (Place::Elsewhere, _) => origin()?.map(|origin| Player::OtherSite { origin }),
            (Place::Devices, _) => Some(Player::Devices),
        })
    }

    /// Nothing, if it is to have only the one at cloudfront.net.
    fn domain_name(&self, player: &Player) -> Result<Option<String>, QuestionsError> {
        let website = if let Player::BehindDistribution { website } = player { Some(website) } else { None };
        let example = if website.is_some() { "www" } else { "video" };
        let question = format!(
            "Host name of the distribution, which viewers use, such as {example}.example.com (empty: a name at \
             cloudfront.net)"
        );
        let accepts = |name: &str| match website {
            Some(website) if website == name => Err("it is the name of the site's own server".to_owned()),
            _ => self.accepts("DomainName", name),
        };
        Ok(Some(self.text(&question, "", accepts)?).filter(|name| !name.is_empty()))
    }

    /// Nothing, if the user wants to choose again.
    fn domain(&self, name: String) -> Result<Option<Domain>, QuestionsError> {
        let certificate = self.parameter("ARN of its certificate in ACM, in us-east-1", "CertificateArn")?;
        let Some(certificate_arn) = certificate else { return Ok(None) };
        let hosted_zone = self.optional(
            "Id of its Route 53 hosted zone (empty: your DNS is not there, or the name has a record)",
            "HostedZoneId",
        )?;
        Ok(Some(Domain { name, certificate_arn, hosted_zone }))
    }

    /// Whether there are problems, which the user sees.
    fn tell<'f>(&self, problems: impl Iterator<Item = &'f Finding>) -> Result<bool, QuestionsError> {
        let mut there_are = false;
        for problem in problems {
            there_are = true;
            self.say(problem)?;
        }
        Ok(there_are)
    }

    fn choose(&self, question: &str, items: &[&str]) -> Result<usize, QuestionsError> {
        let select = Select::with_theme(&self.theme).with_prompt(question).items(items).default(0);
        Ok(select.interact_on(&self.terminal)?)
    }

    fn audience(&self, question: &str) -> Result<String, QuestionsError> {
        self.text(question, "video", any)
    }

    /// Nothing, if the user wants to go back.
    fn necessary(
        &self,
        question: &str,
        accepts: impl Fn(&str) -> Result<(), String>,
    ) -> Result<Option<String>, QuestionsError> {
        let accepts = |value: &str| if value.is_empty() { Ok(()) } else { accepts(value) };
        let answer = self.text(&format!("{question} (empty: back)"), "", accepts)?;
        Ok(Some(answer).filter(|answer| !answer.is_empty()))
    }

    /// A value that a parameter of the template accepts; nothing, if the user wants to go back.
    fn parameter(&self, question: &str, name: &str) -> Result<Option<String>, QuestionsError> {
        // A copied address ends with a slash, an origin or a host name does not.
        let bare = |value: &str| value.trim_end_matches('/').to_owned();
        let problem = |problem: Problem| problem.to_string().trim_end_matches(", or empty").to_owned();
        let accepts = |value: &str| self.template.check_parameter(name, &bare(value)).map_err(problem);
        Ok(self.necessary(question, accepts)?.map(|value| bare(&value)))
    }

    /// A value that a parameter of the template accepts, or nothing.
    fn optional(&self, question: &str, name: &str) -> Result<Option<String>, QuestionsError> {
        let answer = self.text(question, "", |value| self.accepts(name, value))?;
        Ok(Some(answer).filter(|answer| !answer.is_empty()))
    }

    /// Whether a parameter of the template does.
    fn accepts(&self, name: &str, value: &str) -> Result<(), String> {
        self.template.check_parameter(name, value).map_err(|problem| problem.to_string())
    }

    fn text(
        &self,
        question: &str,
        default: &str,
        accepts: impl Fn(&str) -> Result<(), String>,
    ) -> Result<String, QuestionsError> {
        let mut input = Input::<String>::with_theme(&self.theme).with_prompt(question).allow_empty(true);
        if !default.is_empty() {
            input = input.default(default.to_owned());
        }
        let input = input.validate_with(|text: &String| accepts(text.trim()));
        Ok(input.interact_text_on(&self.terminal)?.trim().to_owned())
    }
}

fn of(parameters: Parameters) -> Deployment {
    Deployment { parameters, ..Deployment::default() }
}

/// What is judged later, together with the other answers.
fn any(_: &str) -> Result<(), String> {
    Ok(())
}

/// <https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_UserPoolClientType.html>
fn is_client(ids: &str) -> Result<(), String> {
    let is_id = |id: &str| {
        !id.is_empty() && id.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_+".contains(&byte))
    };
    if ids.split(',').all(|id| is_id(id.trim())) {
        Ok(())
    } else {
        Err("it is no id such as 1example23456789".to_owned())
    }
}

/// CloudFront asks the site's own server by HTTPS at its usual port.
fn host_of(url: &str) -> Result<String, String> {
    is_https(url)?;
    let url = Url::parse(url).ok().filter(|url| url.port().is_none());
    let host = url.as_ref().and_then(Url::host_str).map(str::to_owned);
    host.ok_or_else(|| "it has a port, and CloudFront asks your server at port 443".to_owned())
}

/// AWS reaches no other.
fn is_https(url: &str) -> Result<(), String> {
    let is_https = Url::parse(url).is_ok_and(|url| url.scheme() == "https");
    if is_https { Ok(()) } else { Err("it is no https URL".to_owned()) }
}

/// `REGION_NAME`
fn is_user_pool(id: &str) -> Result<(), String> {
    let parts = id.split_once('_').filter(|(region, name)| {
        region::problem(region).is_none_or(|problem| problem.starts_with("has"))
            && !name.is_empty()
            && name.bytes().all(|byte| byte.is_ascii_alphanumeric())
    });
    parts.map(drop).ok_or_else(|| "it is no id such as eu-central-1_AbCdEfGhI".to_owned())
}

/// Those of providers that do not sign with RS256.
const OTHER_ALGORITHMS: [&str; 5] = ["ES256", "EdDSA", "PS256", "ES384", "RS512"];
const DEFAULT_REGION: &str = "us-east-1";
const NEVERTHELESS: &str = "Use this nevertheless?";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_issuer_is_an_https_url_and_a_client_an_id() {
        for url in ["https://id.example.com", "https://id.example.com/realms/video"] {
            assert_eq!(is_https(url), Ok(()), "{url}");
        }
        for url in ["http://id.example.com", "id.example.com", "https://", ""] {
            assert!(is_https(url).is_err(), "{url}");
        }
        for ids in ["1example23456789", "1a,2b", "1a, 2b"] {
            assert_eq!(is_client(ids), Ok(()), "{ids}");
        }
        for ids in ["not a client!", "1a,", "https://www.example.com"] {
            assert!(is_client(ids).is_err(), "{ids}");
        }
    }

    #[test]
    fn cloudfront_asks_a_server_at_its_name_and_usual_port() {
        for url in ["https://o.example/Plone", "https://o.example:443", "https://O.example"] {
            assert_eq!(host_of(url).as_deref(), Ok("o.example"), "{url}");
        }
        for url in ["https://o.example:8443/Plone", "http://o.example", "o.example"] {
            assert!(host_of(url).is_err(), "{url}");
        }
    }

    #[test]
    fn a_user_pool_names_its_region() {
        for id in ["eu-central-1_AbCdEfGhI", "eu-central-2_1"] {
            assert_eq!(is_user_pool(id), Ok(()), "{id}");
        }
        for id in ["", "AbCdEfGhI", "eu-central-1_", "eu_AbC", "eu-central-1_Ab/C"] {
            assert!(is_user_pool(id).is_err(), "{id}");
        }
    }
}
