package splice

import (
	"bytes"
	"encoding/binary"
	"hash/crc32"
)

const (
	// maxMemberHeader is how long a member's header may be, in bytes. Ordinary
	// ones have ten, and a file's name at most.
	maxMemberHeader = 4 << 10
	trailerSize     = 8 // CRC-32 and ISIZE (RFC 1952, 2.3.1)
)

// member is a gzip member that has begun: where its blocks start in the input,
// in bytes, and in the text.
type member struct{ in, text int }

// Flags of a member's header (RFC 1952, 2.3.1).
const (
	flagHeaderCRC = 1 << 1
	flagExtra     = 1 << 2
	flagName      = 1 << 3
	flagComment   = 1 << 4
	flagReserved  = 0xe0
)

// readMember returns how long the header is with which b begins.
func readMember(b []byte) (n int, state State) {
	want := []byte{0x1f, 0x8b, 8}
	if k := min(len(b), len(want)); !bytes.Equal(b[:k], want[:k]) {
		return 0, Corrupt
	}
	if len(b) < 10 {
		return 0, More
	}
	flags := b[3]
	if flags&flagReserved != 0 {
		return 0, Corrupt
	}
	whole := b
	b = b[:min(len(b), maxMemberHeader)]
	n = 10
	if flags&flagExtra != 0 && n+2 <= len(b) {
		n += int(binary.LittleEndian.Uint16(b[n:]))
		n += 2
	} else if flags&flagExtra != 0 {
		n = maxMemberHeader + 1
	}
	for _, flag := range [...]byte{flagName, flagComment} {
		if flags&flag != 0 {
			n += zeroTerminated(b, n)
		}
	}
	if flags&flagHeaderCRC != 0 {
		n += 2
	}
	switch {
	case n <= len(b):
		return n, Enough
	case len(whole) >= maxMemberHeader:
		return 0, Corrupt
	}
	return 0, More
}

// zeroTerminated is how long the string is that starts at b[at], its zero
// included; too long for any header where the zero is missing.
func zeroTerminated(b []byte, at int) int {
	if at < len(b) {
		if i := bytes.IndexByte(b[at:], 0); i >= 0 {
			return i + 1
		}
	}
	return maxMemberHeader + 1
}

// intact says whether a trailer fits the text of its member.
func intact(trailer, text []byte) bool {
	return binary.LittleEndian.Uint32(trailer) == crc32.ChecksumIEEE(text) &&
		binary.LittleEndian.Uint32(trailer[4:]) == uint32(len(text))
}
