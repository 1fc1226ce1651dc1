// Package splice puts bytes into a gzip stream (RFC 1952) without compressing
// it anew. Text is decoded up to the place and 32 KiB beyond; whatever follows
// is copied, so that a page of a megabyte costs no more than one of 40 KB, and
// a bomb is never inflated.
//
// # Why it works
//
// DEFLATE (RFC 1951) writes text as literals and as matches, which repeat
// earlier text: so many bytes, from so far back. An insertion moves all text
// behind it by the same length. A match whose both ends have moved, or neither,
// still means what it meant. Only those that begin behind the place and repeat
// what stands before it are wrong now, and since no distance is longer than
// 32 KiB, none of them is farther behind than that: in a page, some eight on
// average.
//
// # How
//
//	input   header │ block … ────────●───────────────── block … ────┼──────────── trailer
//	                                 at                         at + 32 KiB
//	output  header │ block … ──┤ tag ├─ header again, ──x──x──┤ pad ├─ copied ──── patched
//	                            stored   matches mended
//	                            block
//
// The first pass, Look, decodes text for whoever decides where something goes
// in; that takes some looking ahead, so that the place may lie many symbols
// back. The second pass, Edit, returns to the block that has the place. It
// copies the bits of the symbols as they are, except that
//
//   - at the place it ends the block, writes the tag in a stored block, and
//     opens the block again by a copy of its header;
//   - of a match across the place it writes the part from before as literals,
//     and the rest, which repeats what has moved along, as a shorter match of
//     the same distance. A literal that has no code in this block goes into a
//     small block of the fixed code: end of block, fixed block, header again;
//   - it takes the mark of the last block (BFINAL) off, and adds an empty last
//     block, where the stream ends within this part. It cannot know in time;
//   - it stops at the first symbol 32 KiB behind the place. There it opens the
//     block once more, with its own mark, after as many empty blocks as make
//     the output stand at the same bit of a byte as the input: 10 bits for each
//     step of two, and once 91 bits for an odd difference. From then on bytes
//     are copied.
//
// A stored block ends at a byte whatever it holds. So the output can be made,
// and its length be known, before the tag is: Insert brings it.
//
// The trailer has a checksum and the length of the text. CRC-32 is linear:
// what the tag changes in the checksum at the place becomes something else
// with every byte that follows, but what that is depends on their number only,
// which the trailer's own length tells. So the last eight bytes are held back,
// and changed when the input ends. Whoever knows the input's length beforehand
// tells it by Expect: then the trailer is known by its place, nothing is held
// back, and what is copied need not be moved. A wrong checksum stays wrong.
//
// # What it does not see
//
// Behind the part that is decoded, an input that is cut off, a second member
// (RFC 1952, 2.2) and data after the end cannot be told from what belongs
// there. Cut off, the page is as broken as it was. With more members the
// checksum of the first is wrong; hardly any server sends them, and browsers do
// not agree on what they mean. Members that are seen are copied. A text of
// 4 GiB or more gets a wrong checksum.
//
// # What it costs
//
// On one core, a page of 20 KB takes 12 to 25 µs, one of 100 KB and more 16 to
// 35. Half of it is the second pass over 32 KiB of text. Symbol by symbol, each
// waiting for the one before it, that takes 4 to 5 ns for each, most of it in
// mispredicted branches: what comes next, a literal or a match, is just what the
// compressor could not foretell. Three lanes without such branches take 2 ns
// (lanes.go). Tried and slower, or no faster: to look two literals up at once,
// since the table takes as long to make; tables of 11 bits; to stop early where no
// distance of the last block reaches the place, which is so on none of 1,500 real
// pages. Reading a block's header and the first text takes 3 µs, copying bits 0.3 µs
// for a page of 20 KB, the checksum about as much.
//
// # Use
//
//	s := splice.New()
//	defer s.Free()
//	s.Expect(length)             // if the length of the input is known
//	s.Feed(p)                    // as often as input comes
//	s.Look(n)                    // until s.Text() tells the place
//	s.Edit(at)                   // Settled: the growth is exact already
//	err := s.Insert(dst, tag, p) // or leave it, and pass on s.Fed(); p was not fed
//	_, err = s.Write(p)          // as often as input comes; now and then s.Flush()
//	err = s.Close()
//
// The package knows nothing of HTML or HTTP. Nothing that it does depends on
// how the input is cut into pieces. Arbitrary bytes make it return Corrupt or
// ErrCorrupt, in bounded time and memory.
package splice
