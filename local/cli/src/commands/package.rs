//! `usher package`

use std::path::PathBuf;

use super::{InputError, Outcome};
use crate::{
    arguments::{Package, Packaging},
    package::{PackageError, Packaged, Request, Told, package},
    progress::{Progress, Unit},
};

pub(super) fn run(arguments: &Package) -> Result<Outcome, InputError> {
    match make(arguments.film.clone(), arguments.name.clone(), &arguments.packaging) {
        Ok(Packaged { folder, made: 0 }) => {
            Ok(Outcome::line(format!("{} is complete; nothing was to be made", folder.display())))
        }
        Ok(Packaged { folder, .. }) => Ok(Outcome::line(format!("packaged to {}", folder.display()))),
        Err(error) => failed(&error),
    }
}

/// Packages a film, and shows the progress.
pub(super) fn make(
    film: PathBuf,
    name: Option<String>,
    packaging: &Packaging,
) -> Result<Packaged, PackageError> {
    let Packaging { media, download, encrypt } = packaging;
    let request = Request { film, media: media.clone(), name, download: *download, encrypt: *encrypt };
    let mut progress: Option<Progress> = None;
    let mut step_before = String::new();
    let packaged = package(&request, &mut |told| match told {
        Told::Note(note) => eprintln!("note: {note}"),
        Told::Progress { step, done, all } => {
            let (done, all) = (units(done), units(all));
            let progress = progress.get_or_insert_with(|| Progress::new(all, Unit::Parts));
            if !progress.has_bar() && step != step_before {
                eprintln!("making {step}");
                step_before = step.to_owned();
            }
            progress.set(done, all, step);
        }
    });
    if let Some(progress) = &progress {
        progress.end();
    }
    packaged
}

/// What broke on the way is a failure; anything else is bad input.
pub(super) fn failed(error: &PackageError) -> Result<Outcome, InputError> {
    let sentence = error.to_string();
    if error.is_interruption() { Ok(Outcome::failure(sentence)) } else { Err(InputError::new(sentence)) }
}

/// Work in whole units.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "`as` saturates, and work is positive"
)]
fn units(work: f64) -> u64 {
    work as u64
}
