//! Settings whose value is JSON: an object, or a list of objects, whose members are settings themselves.

use serde_json::{Map, Value};

use crate::{
    InvalidSetting, Settings, all_valid, renamed,
    viewer_secret::{VIEWER_SECRET, VIEWER_SECRET_ARN},
};

/// The settings that an object may have as members: there, their names are in lower case and without a prefix.
#[derive(Clone, Copy)]
pub struct Members<'m> {
    /// The prefix of the settings, which members do not have.
    pub prefix: &'m str,
    /// All settings that may be members.
    pub names: &'m [&'m str],
    /// Those that contain names separated by commas: in JSON, they may be a list of texts.
    pub lists: &'m [&'m str],
    /// Those that contain JSON themselves: as a member, they may be an object.
    pub documents: &'m [&'m str],
    /// Settings of the function itself that apply in each entry of a list, too.
    pub inherited: &'m [&'m str],
}

impl<'m> Members<'m> {
    /// Members that are texts and numbers.
    #[must_use]
    pub const fn new(prefix: &'m str, names: &'m [&'m str]) -> Self {
        Self { prefix, names, lists: &[], documents: &[], inherited: &[] }
    }

    fn member(&self, setting: &str) -> String {
        setting.strip_prefix(self.prefix).unwrap_or(setting).to_ascii_lowercase()
    }

    fn setting(&self, member: &str) -> Option<&'m str> {
        self.names.iter().copied().find(|name| self.member(name) == member)
    }

    /// The text of a setting in an object. `None` if the object does not have it, or has a value of another type.
    fn text(&self, object: &Map<String, Value>, setting: &str) -> Option<String> {
        if !self.names.contains(&setting) {
            return None;
        }
        match object.get(&self.member(setting))? {
            Value::String(text) => Some(text.clone()),
            Value::Number(number) => Some(number.to_string()),
            Value::Array(items) if self.lists.contains(&setting) => joined(items),
            document @ Value::Object(_) if self.documents.contains(&setting) => Some(document.to_string()),
            _ => None,
        }
    }

    fn types(&self, setting: &str) -> &'static str {
        if self.lists.contains(&setting) {
            "must be a text, or a list of texts without commas"
        } else if self.documents.contains(&setting) {
            "must be an object, or its text"
        } else {
            "must be a text or a number"
        }
    }
}

/// Separated by commas. `None` for a list with other items than names.
fn joined(items: &[Value]) -> Option<String> {
    let names = items.iter().map(|item| item.as_str().filter(|name| !name.is_empty() && !name.contains(',')));
    names.collect::<Option<Vec<_>>>().map(|names| names.join(","))
}

/// An object, and where it is.
#[derive(Clone, Copy)]
pub(crate) struct Place<'a> {
    name: &'a str,
    members: &'a Members<'a>,
    object: &'a Map<String, Value>,
}

impl Place<'_> {
    /// The name of this object, and of the member for a setting, if the object has it.
    pub(crate) fn of(&self, setting: &str) -> Option<(String, String)> {
        self.members.text(self.object, setting)?;
        Some((self.name.to_owned(), self.members.member(setting)))
    }
}

impl Settings<'_> {
    /// Reads the list `name`: a JSON array of objects, each with settings of its own. What is wrong in an entry is
    /// told with its place. An absent list is empty.
    ///
    /// # Errors
    /// [`InvalidSetting`]
    pub fn list<T>(
        &mut self,
        name: &str,
        members: &Members<'_>,
        mut read: impl FnMut(&mut Settings<'_>) -> Result<T, InvalidSetting>,
    ) -> Result<Vec<T>, InvalidSetting> {
        let Some(text) = self.optional(name) else { return Ok(Vec::new()) };
        // Neither the text nor the parser's message is repeated: there may be a secret in the wrong place.
        let Ok(entries) = serde_json::from_str::<Vec<Map<String, Value>>>(&text) else {
            return Err(self.invalid(format!("{name} must be a JSON array of objects")));
        };
        let outer = self.look_up;
        all_valid(entries.iter().enumerate().map(|(at, object)| {
            let look_up = |setting: &str| match setting {
                _ if members.names.contains(&setting) => members.text(object, setting),
                _ if members.inherited.contains(&setting) => outer(setting),
                VIEWER_SECRET | VIEWER_SECRET_ARN => outer(setting),
                _ => None,
            };
            let name = format!("{name}[{at}]");
            self.read_within(Place { name: &name, members, object }, &look_up, &mut read)
        }))
    }

    /// Reads settings of which the object `name` may have some, and the function's own settings the others. A setting
    /// has one of these two places. Without the object, all are the function's own.
    ///
    /// # Errors
    /// [`InvalidSetting`]
    pub fn object<T>(
        &mut self,
        name: &str,
        members: &Members<'_>,
        read: impl FnOnce(&mut Settings<'_>) -> Result<T, InvalidSetting>,
    ) -> Result<T, InvalidSetting> {
        let Some(text) = self.optional(name) else { return read(self) };
        let Ok(object) = serde_json::from_str::<Map<String, Value>>(&text) else {
            return Err(self.invalid(format!("{name} must be a JSON object")));
        };
        for setting in object.keys().filter_map(|member| members.setting(member)) {
            if self.optional(setting).is_some() {
                let member = members.member(setting);
                self.problem(format!("{setting} is set, and so is {member} in {name}: set one of them"));
            }
        }
        let outer = self.look_up;
        let look_up = |setting: &str| members.text(&object, setting).or_else(|| outer(setting));
        self.read_within(Place { name, members, object: &object }, &look_up, read)
    }

    /// Reads an object, and notes its problems with its place, in the words of whoever wrote the object.
    fn read_within<T>(
        &mut self,
        place: Place<'_>,
        look_up: &dyn Fn(&str) -> Option<String>,
        read: impl FnOnce(&mut Settings<'_>) -> Result<T, InvalidSetting>,
    ) -> Result<T, InvalidSetting> {
        let Place { name, members, object } = place;
        let mut settings = Settings::within(look_up, place, self.runs);
        for found in object.keys() {
            match members.setting(found) {
                None => settings.problem(format!("there is no member {found:?}")),
                Some(setting) if members.text(object, setting).is_none() => {
                    settings.problem(format!("{found} {}", members.types(setting)));
                }
                Some(_) => {}
            }
        }
        let of_object = settings.problems.len();
        let value = read(&mut settings);
        for problem in settings.problems.iter_mut().skip(of_object) {
            let member = |name: &str| members.names.contains(&name).then(|| members.member(name));
            *problem = renamed(problem, member);
        }
        self.problems.extend(settings.problems.iter().map(|problem| format!("{name}: {problem}")));
        self.of_viewers.append(&mut settings.of_viewers);
        value
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{ConfigError, Secret};

    const NAMES: [&str; 4] = ["S_KEYS", "S_LIST", "S_NAME", "S_SET"];
    const MEMBERS: Members<'_> = Members {
        lists: &["S_LIST"],
        documents: &["S_SET"],
        inherited: &["SHARED"],
        ..Members::new("S_", &NAMES)
    };

    /// The texts of the settings of `NAMES`, and of one that is inherited.
    fn texts(settings: &mut Settings<'_>) -> Result<Vec<Option<String>>, InvalidSetting> {
        let name = settings.required("S_NAME");
        let texts = NAMES.iter().chain(&["SHARED"]).map(|name| settings.optional(name)).collect();
        name.map(|_| texts)
    }

    fn read<T>(
        pairs: &[(&str, &str)],
        read: impl Fn(&mut Settings<'_>) -> Result<T, InvalidSetting>,
    ) -> Result<T, String> {
        let look_up =
            |name: &str| pairs.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).to_owned());
        let mut settings = Settings::new(&look_up);
        let value = read(&mut settings);
        let told = |error: ConfigError| error.to_string().replace("the configuration cannot be used: ", "");
        settings.finish(|| value).map_err(told)
    }

    fn list(text: &str) -> Result<Vec<Vec<Option<String>>>, String> {
        read(&[("HOSTS", text), ("SHARED", "60"), ("S_KEYS", "own")], |settings| {
            settings.list("HOSTS", &MEMBERS, texts)
        })
    }

    fn object(text: &str, own: (&str, &str)) -> Result<Vec<Option<String>>, String> {
        read(&[("SITE", text), ("SHARED", "60"), own], |settings| settings.object("SITE", &MEMBERS, texts))
    }

    fn some(texts: [&str; 5]) -> Vec<Option<String>> {
        texts.map(|text| Some(text.to_owned()).filter(|text| !text.is_empty())).to_vec()
    }

    #[test]
    fn the_entries_of_a_list_have_settings_of_their_own_and_inherit_what_is_named() {
        let entries = r#"[{"name": 7, "list": ["a", "b"], "set": {"keys": []}},
                          {"name": "n", "list": "a,b", "set": "{}"}]"#;
        assert_eq!(
            list(entries),
            Ok(vec![some(["", "a,b", "7", r#"{"keys":[]}"#, "60"]), some(["", "a,b", "n", "{}", "60"])])
        );
        assert_eq!(list("[]"), Ok(Vec::new()));
        assert_eq!(list(""), Ok(Vec::new()));
    }

    #[test]
    fn problems_of_an_entry_are_told_with_its_place() {
        let list_must = "HOSTS[0]: list must be a text, or a list of texts without commas";
        let rows = [
            (
                r#"[{"name": "a"}, {"keys": ["K1"], "S_NAME": "a"}]"#,
                "HOSTS[1]: there is no member \"S_NAME\"; HOSTS[1]: keys must be a text or a number; \
                 HOSTS[1]: name is missing",
            ),
            (r#"[{"name": "a", "set": []}]"#, "HOSTS[0]: set must be an object, or its text"),
            (r#"[{"name": "a", "list": ["a,b"]}]"#, list_must),
            (r#"[{"name": "a", "list": ["a", ""]}]"#, list_must),
            (r#"[{"name": "a", "list": [1]}]"#, list_must),
            ("{}", "HOSTS must be a JSON array of objects"),
            ("[1]", "HOSTS must be a JSON array of objects"),
        ];
        for (entries, problems) in rows {
            assert_eq!(list(entries), Err(problems.to_owned()), "{entries}");
        }
    }

    #[test]
    fn an_object_has_some_settings_and_the_function_the_others() {
        let rows = [
            (r#"{"name": "n", "list": ["a"]}"#, ("S_KEYS", "own"), ["own", "a", "n", "", "60"]),
            (r#"{"list": ["a"]}"#, ("S_NAME", "own"), ["", "a", "own", "", "60"]),
            ("", ("S_NAME", "own"), ["", "", "own", "", "60"]),
        ];
        for (text, own, expected) in rows {
            assert_eq!(object(text, own), Ok(some(expected)), "{text}");
        }
    }

    #[test]
    fn a_setting_in_both_places_is_a_problem() {
        let rows = [
            (r#"{"name": "n"}"#, ("S_NAME", "n"), "S_NAME is set, and so is name in SITE: set one of them"),
            (r#"{"named": "n"}"#, ("S_NAME", "n"), "SITE: there is no member \"named\""),
            ("{}", ("S_KEYS", "k"), "SITE: name is missing"),
            ("[]", ("S_NAME", "n"), "SITE must be a JSON object"),
            ("n", ("S_NAME", "n"), "SITE must be a JSON object"),
        ];
        for (text, own, problem) in rows {
            assert_eq!(object(text, own), Err(problem.to_owned()), "{text}");
        }
    }

    /// What `keys` in the object `SITE` stands for on a laptop.
    fn keys(pairs: &[(&str, &str)]) -> Result<Option<String>, String> {
        let parse =
            |text: &str| if text == "bad" { Err("S_KEYS is bad".to_owned()) } else { Ok(text.to_owned()) };
        let secret = read(pairs, |settings| {
            settings.object("SITE", &MEMBERS, |settings| {
                settings.viewer_secret("S_KEYS", parse, |all| all.concat())
            })
        })?;
        Ok(secret
            .map(|secret: Secret<String>| secret.value().map(|text| text.to_string()).unwrap_or_default()))
    }

    #[test]
    fn a_secret_of_viewers_is_named_in_json_and_given_alone() {
        let (site, all) = (("SITE", r#"{"keys": "k"}"#), ("VIEWER_SECRET", r#"{"k": "text", "b": "bad"}"#));
        let text = |text: &str| Ok(Some(text.to_owned()));
        assert_eq!(keys(&[("S_KEYS", "k"), all]), text("k"));
        assert_eq!(keys(&[site, all]), text("text"));
        assert_eq!(keys(&[site]), text("k"));
        assert_eq!(keys(&[("SITE", "{}"), all]), Ok(None));
        let problem = |pairs: &[(&str, &str)]| keys(pairs).unwrap_err();
        assert_eq!(problem(&[("SITE", r#"{"keys": "b"}"#), all]), "SITE: keys is bad");
        assert_eq!(
            problem(&[("SITE", r#"{"keys": "another"}"#), all]),
            "SITE: keys is not the name of a member of VIEWER_SECRET"
        );
        for not_texts in ["text", "[]", r#"{"k": 1}"#, r#"{"k": {"l": "text"}}"#] {
            assert_eq!(
                problem(&[site, ("VIEWER_SECRET", not_texts)]),
                "SITE: VIEWER_SECRET must be a JSON object of names and texts"
            );
        }
        assert_eq!(
            problem(&[site, all, ("VIEWER_SECRET_ARN", "arn")]),
            "SITE: VIEWER_SECRET and VIEWER_SECRET_ARN are both set: a secret has one source"
        );
    }
}
