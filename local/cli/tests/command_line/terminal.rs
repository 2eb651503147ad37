//! A program on a pseudo-terminal.

use std::{
    fs::{File, OpenOptions},
    io::{Read as _, Write as _},
    process::{Child, Command, Stdio},
    sync::mpsc::{Receiver, RecvTimeoutError, channel},
    thread,
    time::Duration,
};

use rustix::{
    pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt},
    termios::{Winsize, tcsetwinsize},
};

/// Standard input and standard error are the terminal; standard output is not.
pub(crate) struct Terminal {
    program: Child,
    keyboard: File,
    screen: Receiver<Vec<u8>>,
    seen: String,
}

impl Terminal {
    pub(crate) fn start(mut command: Command) -> Self {
        let keyboard = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).unwrap();
        grantpt(&keyboard).unwrap();
        unlockpt(&keyboard).unwrap();
        let name = ptsname(&keyboard, Vec::new()).unwrap();
        let keyboard = File::from(keyboard);
        let window = Winsize { ws_row: 50, ws_col: 500, ws_xpixel: 0, ws_ypixel: 0 };
        tcsetwinsize(&keyboard, window).unwrap();
        let side = || OpenOptions::new().read(true).write(true).open(name.to_str().unwrap()).unwrap();
        command.env("TERM", "xterm").env("NO_COLOR", "1");
        command.stdin(side()).stdout(Stdio::piped()).stderr(side());
        let program = command.spawn().unwrap();
        drop(command);
        let mut output = keyboard.try_clone().unwrap();
        let (sender, screen) = channel();
        thread::spawn(move || {
            let mut bytes = [0; 4_096];
            // It fails when the program has ended.
            while let Ok(length @ 1..) = output.read(&mut bytes) {
                if sender.send(bytes[..length].to_vec()).is_err() {
                    break;
                }
            }
        });
        Self { program, keyboard, screen, seen: String::new() }
    }

    /// Waits until the terminal shows a text, after what was answered before, and types.
    pub(crate) fn answer(&mut self, question: &str, keys: &str) {
        loop {
            if let Some(at) = self.seen.find(question) {
                self.seen.drain(..at + question.len());
                break;
            }
            let more = self.screen.recv_timeout(Duration::from_secs(60));
            let more = more.unwrap_or_else(|_| panic!("it does not show {question:?}: {:?}", self.seen));
            self.seen.push_str(&String::from_utf8_lossy(&more));
        }
        self.keyboard.write_all(keys.as_bytes()).unwrap();
    }

    /// The exit code and standard output, as soon as the program has ended.
    pub(crate) fn end(mut self) -> (Option<i32>, String) {
        loop {
            match self.screen.recv_timeout(Duration::from_secs(60)) {
                Ok(more) => self.seen.push_str(&String::from_utf8_lossy(&more)),
                Err(RecvTimeoutError::Disconnected) => break,
                Err(RecvTimeoutError::Timeout) => {
                    self.program.kill().unwrap();
                    panic!("it does not end: {:?}", self.seen);
                }
            }
        }
        let mut stdout = String::new();
        self.program.stdout.take().unwrap().read_to_string(&mut stdout).unwrap();
        (self.program.wait().unwrap().code(), stdout)
    }
}
