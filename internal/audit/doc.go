// Package audit keeps a tamper-evident record of who was let into which
// customer's session, by whom it was asked, and when.
//
// # Why
//
// An agent token opens every Cobrowse session whose PIN its holder learns. So
// no token may leave the proxy before a line about it is on the disk, and
// nobody who can write to that disk may change the line afterwards unnoticed. A
// general logger gives neither: it reports no write error, samples, and knows
// no order that could be checked.
//
// # How
//
//	key, err := audit.NewKey(secret)              // 32 bytes or more, kept elsewhere
//	writer, err := audit.Open(audit.Config{Path: "/var/log/cobrowse/audit.jsonl", Key: key})
//	…
//	if err := writer.Append(ctx, audit.Record{Event: audit.EventTokenIssued, …}); err != nil {
//		// no token
//	}
//
// [Writer.Append] returns nil only after the line was written and fsynced.
// Appends that come while an fsync runs share the next one. Whatever the error
// is, the caller hands out no token; the record may then stand in the file
// nevertheless, never the other way round.
//
// [Open] locks the file for one writer. A second one fails with [ErrLocked],
// also in the same process: a server that replaces its configuration without a
// restart keeps the Writer in a pool, counts its references, and tells it of
// changes by [Writer.Reconfigure].
//
// Leave rotation to the Writer ([Config], [Writer.Rotate]). Where another
// program moves the file away nevertheless, the Writer begins a new one and the
// chain goes on; a program that copies and truncates breaks the chain, which is
// found.
//
// # Format
//
// A file is JSON lines (UTF-8, each ended by one line feed). A line is one
// object whose first members are seq, time and event, and whose last two are
// prev and mac:
//
//		{"seq":17,"time":"2026-11-23T00:55:01.042Z","event":"token.issued",…,"prev":"4f0c…","mac":"9b1e…"}
//
//	  - seq counts up by one from 1, through all files of a chain.
//	  - time is UTC, RFC 3339 with milliseconds, taken when the line is written.
//	  - prev is the mac of the line before; 64 zeros in a chain's first line.
//	  - mac is the HMAC-SHA256 (RFC 2104), as 64 lower-case hexadecimal digits,
//	    of the line's own bytes up to, not including, `,"mac":`. No canonical form
//	    is needed, since what was written is what is checked.
//
// The first line of each file has the event "audit.file" and the members of
// [FileHeader]: the version of this format, the identifier of the key, the chain
// and its start, and the file before. Its prev is the last mac of that file. The
// members of all other lines are those of [Record] and, in the writer's own
// lines, of [Incident].
//
// # What is found, and what is not
//
// [Verify] finds lines and files that were edited, dropped, reordered, inserted
// or duplicated, by anybody who does not have the key. Lines that were cut off at
// the end of the newest file leave a chain that is whole as far as it goes: they
// are found only by comparing with a [Checkpoint] that was noted elsewhere.
// Whoever has the key can write any history; so keep it away from the disk that
// holds the files, and ship the files to storage that writes once.
//
// # Secrets
//
// No PIN, token or secret has a place in a [Record]: a token is shown by
// [TokenHash] only, and a page loses its query, fragment, path parameters and
// user information.
package audit
