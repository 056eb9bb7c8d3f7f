//! The chunked transfer coding of RFC 9112, section 7.1, taken apart as the bytes come in.

/// The longest line of a size with its extensions, or of a trailer field, in bytes.
const LINE: usize = 4096;

/// The most bytes of trailer fields, which are read over.
const TRAILER: usize = 64 * 1024;

/// A decoder; strict about line ends, lenient about extensions and trailers.
#[derive(Debug)]
pub(super) struct Chunked {
    expects: Expects,
    line: Vec<u8>,
    trailer: usize,
    limit: usize,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Expects {
    Size,
    Data(usize),
    DataEnd,
    Trailer,
}

impl Chunked {
    /// A decoder of bodies of at most `limit` bytes.
    pub(super) fn new(limit: usize) -> Self {
        Self {
            expects: Expects::Size,
            line: Vec::new(),
            trailer: 0,
            limit,
        }
    }

    /// Decodes into `body` and returns, once the last chunk is complete, how many of these bytes belonged to it.
    pub(super) fn feed(
        &mut self,
        bytes: &[u8],
        body: &mut Vec<u8>,
    ) -> Result<Option<usize>, &'static str> {
        let mut rest = bytes;
        while !rest.is_empty() {
            if let Expects::Data(left) = self.expects {
                let (data, behind) = rest.split_at(left.min(rest.len()));
                body.extend_from_slice(data);
                rest = behind;
                self.expects = if data.len() == left {
                    Expects::DataEnd
                } else {
                    Expects::Data(left - data.len())
                };
                continue;
            }
            let end = rest
                .iter()
                .position(|&byte| byte == b'\n')
                .map_or(rest.len(), |at| at + 1);
            let (piece, behind) = rest.split_at(end);
            self.line.extend_from_slice(piece);
            rest = behind;
            if self.line.len() > LINE {
                return Err("a chunk head longer than 4 KiB");
            }
            if self.line.last() == Some(&b'\n') && self.end_line(body.len())? {
                return Ok(Some(bytes.len() - rest.len()));
            }
        }
        Ok(None)
    }

    /// Takes a line that is complete; whether it was the last one.
    fn end_line(&mut self, decoded: usize) -> Result<bool, &'static str> {
        let line = std::mem::take(&mut self.line);
        let line = line
            .strip_suffix(b"\r\n")
            .ok_or("a line feed by itself in the chunked body")?;
        match self.expects {
            Expects::Size => {
                let size = size(line).ok_or("a chunk size that is not a hexadecimal number")?;
                if size > self.limit.saturating_sub(decoded) {
                    return Err("a chunked body beyond the limit");
                }
                self.expects = if size == 0 {
                    Expects::Trailer
                } else {
                    Expects::Data(size)
                };
            }
            Expects::DataEnd if line.is_empty() => self.expects = Expects::Size,
            Expects::DataEnd | Expects::Data(_) => return Err("a chunk longer than its size"),
            Expects::Trailer if line.is_empty() => return Ok(true),
            Expects::Trailer => {
                self.trailer += line.len();
                if self.trailer > TRAILER {
                    return Err("more than 64 KiB of trailer fields");
                }
            }
        }
        Ok(false)
    }
}

fn size(line: &[u8]) -> Option<usize> {
    let end = line
        .iter()
        .position(|byte| !byte.is_ascii_hexdigit())
        .unwrap_or(line.len());
    let (digits, rest) = line.split_at(end);
    let extension = rest.trim_ascii_start();
    if !extension.is_empty() && !extension.starts_with(b";") {
        return None;
    }
    usize::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok()
}
