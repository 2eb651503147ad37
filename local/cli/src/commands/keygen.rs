//! `usher keygen`

use usher_edge::key_pair::{PRIVATE_KEY, PUBLIC_KEY, generate};

use super::{InputError, Outcome};
use crate::arguments::Keygen;

pub(super) fn run(arguments: &Keygen) -> Result<Outcome, InputError> {
    generate(&arguments.out, arguments.r#type).map_err(|error| InputError::new(error.to_string()))?;
    let (private, public) = (arguments.out.join(PRIVATE_KEY), arguments.out.join(PUBLIC_KEY));
    Ok(Outcome::line(format!("{}\n{}", private.display(), public.display())))
}
