// Package token speaks the two halves of Zoom's Cobrowse token: the request
// that a browser sends to a token endpoint, and the JWT that Zoom expects. And
// it does the same for Video SDK signatures, which are JWTs with other claims.
//
// # Why
//
// Zoom's Cobrowse SDK needs a JWT signed with the SDK secret. Zoom publishes a
// sample server for it (zoom/cobrowsesdk-auth-endpoint-sample), and pages and
// tutorials are written for that sample's request, reply and error texts. So
// [ParseRequest] keeps them, to the word. What the sample does not do is decide
// who may have which token; that is not this package's work either, but its
// caller's. This package only guarantees that whatever it signs keeps Zoom's
// rules.
//
// # How
//
//	minter, err := token.New(token.Config{Key: key, Secrets: secrets})
//	…
//	request, err := token.ParseRequest(body)
//	var faults token.FieldErrors
//	switch {
//	case errors.As(err, &faults): // 400 {"errors": faults}
//	case err != nil:              // 400, the body isn't a JSON object or array
//	}
//	jwt, err := minter.Mint(token.Grant{Role: request.Role, Lifetime: 30 * time.Minute})
//
// [ParseVideoRequest], [NewVideo] and [VideoMinter.Mint] do the same for the
// request and reply of zoom/videosdk-auth-endpoint-sample. The two have one error
// envelope, but not one meaning: role 1 is the customer in one and the host in
// the other, so that their types differ.
//
// The package is pure but for its clock and its random numbers, both of which
// can be given. It is the only one that imports a JWT library.
//
// # Secrets
//
// HMAC is keyed with the UTF-8 bytes of the secret, whatever it looks like. The
// library of Zoom's samples takes a secret of hexadecimal digits, of even
// length, for bytes in hexadecimal; real Zoom secrets are mixed-case text, and
// Zoom's service knows them as text only. The first secret signs; all of them
// verify, so that a secret can be rotated while sessions go on.
//
// # Quirks of the sample
//
// The sample has accidents that a client could have come to rely on. Matched,
// because they are harmless and the result is validated anyway:
//
//   - role and expirationSeconds may be strings, read as JavaScript's parseInt
//     reads them: "1", " 1", "1abc", "2.9", "0x2", "+1", "-0";
//   - refused values are shown as JavaScript's String() shows them:
//     [object Object], a,b, NaN, Infinity, 1e+21;
//   - null is a value of the wrong type, not a missing one;
//   - of duplicate members the last one counts; names are case-sensitive;
//     unknown members are ignored, also those that are named like claims;
//   - a JSON array is an object without members;
//   - lengths are counted in UTF-16 code units, and the limits are inclusive.
//
// Different on purpose:
//
//   - a fractional expirationSeconds is refused: the sample signs a fractional
//     exp, which Zoom does not document;
//   - an empty userId or userName is refused: Zoom requires both claims, and an
//     empty user_id is shared by everybody who sends one; likewise sessionName,
//     userIdentity and sessionKey of a video request;
//   - control characters, bidirectional formatting characters and the line and
//     paragraph separators are refused in userId and userName: the other party
//     reads the name, and they let it pass for another. None of the contract's
//     cases has one;
//   - lone surrogates and invalid UTF-8 become U+FFFD, as Go decodes them;
//   - a missing userId gets 128 random bits, not the digits of Math.random;
//   - an empty key or secret is refused at the start, not signed with.
//
// Package samples has all differences, with the recorded cases in which they
// show, and renders docs/compatibility.md from them.
package token
