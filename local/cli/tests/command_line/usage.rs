//! Wrong usage: one sentence, exit code 2, and nothing on standard output.

use std::fs;

use crate::{
    keys::Keys,
    program::{error_line, run},
};

/// Each command line, and what standard error says after `error: `. `{sign}` is a complete `sign` but for its time.
const WRONG: &[(&str, &str)] = &[
];

#[test]
fn each_wrong_usage_is_one_sentence_and_exit_code_2() {
    let keys = Keys::new("rsa");
    let folder = keys.folder.path().to_str().unwrap();
    fs::write(keys.folder.path().join("token"), "not a token\n").unwrap();
    let replaced = |text: &str| text.replace("{sign}", SIGN).replace("{folder}", folder);
    for (line, expected) in WRONG {
        let line = replaced(line);
        let arguments: Vec<&str> = line.split_whitespace().collect();
        assert_eq!(error_line(&arguments), format!("error: {}", replaced(expected)), "usher {line}");
    }
}

#[test]
fn help_has_an_example_for_each_command_that_its_grammar_accepts() {
    let commands = [
        "serve", "sign", "sign-cookies", "explain", "entitle", "rewrite", "keygen", "check", "upload", "completions",
        "man",
    ];
    for command in commands {
        let (code, help, _) = run(&[command, "--help"]);
        assert_eq!(code, Some(0), "{command}");
        let (_, examples) = help.split_once("\nExample").unwrap_or_else(|| panic!("{command} has no example"));
        assert!(examples.contains(&format!("  usher {command} ")), "{command}");
    }
}

#[test]
fn a_shell_gets_its_completions_and_man_its_pages() {
    for shell in ["bash", "elvish", "fish", "powershell", "zsh"] {
        let (code, script, stderr) = run(&["completions", shell]);
        assert_eq!((code, stderr.as_str()), (Some(0), ""), "{shell}");
        assert!(script.contains("sign-cookies") && script.contains("date-less-than"), "{shell}");
    }
    for (arguments, title) in [(&["man"][..], ".TH usher 1 "), (&["man", "sign"], ".TH usher-sign 1 ")] {
        let (code, page, stderr) = run(arguments);
        assert_eq!((code, stderr.as_str()), (Some(0), ""), "{arguments:?}");
        assert!(page.lines().any(|line| line.starts_with(title)), "{page}");
    }
}

const SIGN: &str = "sign --url https://h/a --key-pair-id K1 --private-key {folder}/private_key.pem --date-less-than";
