//! Where rewritten bytes go.

/// A place for the bytes of a playlist.
pub trait Output {
    /// Appends `bytes`.
    fn put(&mut self, bytes: &[u8]);
    /// How many bytes are in it.
    fn size(&self) -> usize;
}

impl Output for Vec<u8> {
    fn put(&mut self, bytes: &[u8]) {
        self.extend_from_slice(bytes);
    }

    fn size(&self) -> usize {
        self.len()
    }
}

/// Keeps nothing: for who only wants to know what is in a playlist.
#[derive(Clone, Copy, Debug)]
pub struct Discard;

impl Output for Discard {
    fn put(&mut self, _: &[u8]) {}

    fn size(&self) -> usize {
        0
    }
}

/// Copies its input to an output, but for the places that are replaced: what nobody mentions stays, byte
/// for byte.
pub(super) struct Splice<'a, O> {
    input: &'a [u8],
    /// How much of the input is in the output.
    copied: usize,
    out: &'a mut O,
}

impl<'a, O: Output> Splice<'a, O> {
    /// Begins at the byte `from` of `input`.
    pub(super) fn new(input: &'a [u8], from: usize, out: &'a mut O) -> Self {
        Self { input, copied: from, out }
    }

    /// Puts `parts` at the place of the bytes `from..to` of the input, which come after all that was
    /// replaced before.
    pub(super) fn replace(&mut self, from: usize, to: usize, parts: &[&[u8]]) {
        self.copy_to(from);
        for part in parts {
            self.out.put(part);
        }
        self.copied = to;
    }

    /// Copies the input up to the byte `end`.
    pub(super) fn copy_to(&mut self, end: usize) {
        self.out.put(self.input.get(self.copied..end).unwrap_or_default());
        self.copied = end;
    }

    /// How many bytes are in the output, with those that are still to be copied up to the byte `end`.
    pub(super) fn size(&self, end: usize) -> usize {
        self.out.size() + (end - self.copied)
    }
}
