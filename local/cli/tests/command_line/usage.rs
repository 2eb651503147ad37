use crate::program::error_line;

#[test]
fn an_unknown_command_is_one_line_and_exit_code_2() {
    assert_eq!(error_line(&["fly"]), "error: unrecognized subcommand 'fly'");
}
