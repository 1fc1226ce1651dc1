// Package inject puts one element into HTML documents on their way to a
// browser: HTML in, HTML out, streaming, without a look at HTTP.
//
// # What
//
// A [Rewriter] takes the bytes of one document and writes them on, with a tag
// inserted where the HTML parser has just opened the head element: the tag's
// element becomes head's first element child. It can replace the policies of
// meta elements with http-equiv=content-security-policy, and it tells the
// caller which charset Content-Type must name so that the insertion cannot
// change how browsers decode the page. Nothing else changes: a document is
// never parsed and rendered again, and taking our bytes out gives the original
// back. Into a gzip body the tag is spliced (package splice): only its beginning
// is decoded, and the rest of the compressed bytes copied. Other compressed
// bodies (deflate, br, zstd), and gzip ones with policies to replace, are decoded
// and encoded anew.
//
// Where there is any doubt the document passes untouched, to the byte and as
// compressed as it came, with a [Reason].
//
// # Why
//
// Finding the place looks easier than it is, since html, head and body tags
// may all be missing, and what looks like them may be something else. Of the
// 1,590 documents in html5lib's parser tests, simpler methods get this many
// wrong (TestSimplerMethods counts them):
//
//   - replacing "<head>": 1,525, most of them silently, as there is no such
//     tag (and 157 of 958 real pages);
//   - the pattern <head[^>]*>: as many, and it takes <header> for head;
//   - <head(\s[^>]*)?>: as many, and it finds head in comments and scripts;
//   - that, else after html, else after the doctype, else at the start: 52,
//     with quirks mode, and with elements in comments and style sheets;
//   - at the very start: 699, since a doctype that is not first does not
//     count; nor does a byte order mark;
//   - before </head>: 1,556;
//   - the first token of x/net/html that opens head: 15;
//   - parsing and rendering again changes far more: 740 of 788 real pages.
//
// This package leaves ten alone, which end inside a comment, so that no place
// in them would do, and gets all others right.
//
// Then there are encodings. Browsers look for <meta charset> in the first
// 1,024 bytes, so that a tag of 64 bytes before it broke 8 of 958 real pages;
// UTF-16 needs a tag in UTF-16; and in ISO-2022-JP a '<' may be half a letter.
//
// # How
//
//	r := inject.New(dst, inject.Options{
//		Charset: "utf-8",
//		Decide: func(h *inject.Head) inject.Edit {
//			return inject.Edit{Tag: tag}
//		},
//	})
//	defer r.Discard()
//	// r.Write for each piece, r.Flush where the upstream flushed, then:
//	err := r.Close()
//
// Bytes are held until the end of head has been read, 64 KiB at most; then
// Decide is asked once, and from then on an identity body passes through Write
// without being touched or copied.
//
// The files: scanner*.go are the HTML standard's tokenizer and tree.go its tree
// construction, on bytes, as far as the end of head and able to stop anywhere.
// encoding.go, labels.go and prescan.go say what the bytes mean. finder.go joins
// these. policy.go reads the policies, edit.go plans and writes the changes.
// rewriter.go is the way of an identity body, splicer.go that of a gzip one, and
// recoder.go that of any other compressed one, with a coding in each of the
// files coding_*.go. fault.go passes the document where any of this panics.
package inject
