//! The gzip form of a body (RFC 1952), in stored blocks: for whoever reads it
//! there is no difference, and nothing that compresses is linked for it.

/// The most bytes of a stored block.
const BLOCK: usize = 0xffff;
/// Magic, deflate, no flags, no time, no hint, unknown system.
const HEAD: [u8; 10] = [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0xff];

/// The body as one member of gzip.
pub(super) fn gzip(body: &[u8]) -> Vec<u8> {
    let mut packed = HEAD.to_vec();
    let blocks = body.len().div_ceil(BLOCK).max(1);
    for at in 0..blocks {
        let block: &[u8] = body.chunks(BLOCK).nth(at).unwrap_or_default();
        let length = u16::try_from(block.len()).unwrap_or(u16::MAX);
        packed.push(u8::from(at + 1 == blocks));
        packed.extend_from_slice(&length.to_le_bytes());
        packed.extend_from_slice(&(!length).to_le_bytes());
        packed.extend_from_slice(block);
    }
    packed.extend_from_slice(&crc32fast::hash(body).to_le_bytes());
    // RFC 1952, 2.3.1: the length modulo 2^32.
    let length = u32::try_from(body.len() & 0xffff_ffff).unwrap_or_default();
    packed.extend_from_slice(&length.to_le_bytes());
    packed
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_packed_is_unpacked_by_another_program() {
        for length in [0, 1, BLOCK, BLOCK + 1, 200_000] {
            let body: Vec<u8> = (0..length).map(|at| u8::try_from(at % 251).unwrap()).collect();
            let packed = gzip(&body);
            let deflated = &packed[HEAD.len()..packed.len() - 8];
            assert_eq!(miniz_oxide::inflate::decompress_to_vec(deflated).unwrap(), body, "{length}");
            assert_eq!(packed[packed.len() - 8..packed.len() - 4], crc32fast::hash(&body).to_le_bytes());
        }
    }
}
