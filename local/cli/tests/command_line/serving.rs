//! `usher serve`, which runs until the test ends.

use std::{
    fs,
    io::{BufRead as _, BufReader, Read as _, Write as _},
    net::TcpStream,
    path::PathBuf,
    process::{Child, Stdio},
    thread,
    time::Duration,
};

use tempfile::TempDir;

use crate::program::command;

/// `usher serve` on free ports, with its own state folder.
pub(crate) struct Serving {
    pub(crate) url: String,
    pub(crate) bucket_url: String,
    program: Child,
    folder: TempDir,
}

impl Serving {
    /// Waits for the two lines on standard output.
    pub(crate) fn start(flags: &[&str], environment: &[(&str, &str)]) -> Self {
        let folder = TempDir::new().unwrap();
        let state = folder.path().join("state");
        let stderr = fs::File::create(folder.path().join("stderr")).unwrap();
        let mut command = command(&["serve", "--listen", "0", "--bucket-listen", "localhost:0"]);
        command.args(flags).arg("--state").arg(&state);
        command.env_remove("NO_COLOR").env_remove("CLICOLOR_FORCE").envs(environment.iter().copied());
        let mut program = command.stdout(Stdio::piped()).stderr(stderr).spawn().unwrap();
        let mut lines = BufReader::new(program.stdout.take().unwrap()).lines();
        let mut address =
            |before: &str| lines.next().unwrap().unwrap().strip_prefix(before).unwrap().to_owned();
        let (url, bucket_url) = (address("listening on "), address("bucket on "));
        Self { url, bucket_url, program, folder }
    }

    pub(crate) fn state(&self) -> PathBuf {
        self.folder.path().join("state")
    }

    /// Sends a request, and waits until the answer is there.
    pub(crate) fn request(&self, target: &str) {
        let mut socket = TcpStream::connect(self.url.trim_start_matches("http://")).unwrap();
        write!(socket, "GET {target} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n").unwrap();
        socket.read_to_end(&mut Vec::new()).unwrap();
    }

    /// Standard error as soon as it has this text, with the ports replaced, and without how long a request took.
    pub(crate) fn stderr(&self, awaited: &str) -> String {
        for _ in 0..100 {
            let text = fs::read_to_string(self.folder.path().join("stderr")).unwrap();
            if text.contains(awaited) {
                let port = self.url.rsplit(':').next().unwrap();
                let text = text.replace(port, "PORT");
                let lines = text.lines().map(|line| match (line.find(" ms)"), line.rfind('(')) {
                    (Some(end), Some(begin)) => format!("{}(TIME{}", &line[..begin], &line[end..]),
                    _ => line.to_owned(),
                });
                return lines.map(|line| line + "\n").collect();
            }
            thread::sleep(Duration::from_millis(100));
        }
        panic!("it does not say {awaited}");
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        self.program.kill().unwrap();
        self.program.wait().unwrap();
    }
}
