// Package asset makes static files that a browser may keep for ever.
//
// What the customer's and the agent's browsers load from us is a handful of
// scripts and style sheets whose bytes depend on the operator's configuration.
// They are made once, when the configuration is loaded: [New] computes a name
// with the content's hash in it (so that the file can be served as immutable),
// the integrity value that Content-Security-Policy needs, and the compressed
// forms, so that a request costs a map lookup and one write. [JSON] and [Fill]
// put the operator's values into a script such that no value can end the
// script, or mean anything but data.
//
// It is vocabulary shared by the packages widget and desk, as agent is by
// others; it decides nothing and imports nothing of ours.
package asset

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"path"
	"strings"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/andybalholm/brotli"
)

// Content types of our files. The charset is named because a classic script
// without one is read in the encoding of the page that loads it.
const (
	JavaScript = "text/javascript; charset=utf-8"
	CSS        = "text/css; charset=utf-8"
)

// HashLength is how many hexadecimal digits of the content's SHA-256 are in a
// file's name: 48 bits, plenty to tell configurations apart and short enough
// for a tag that goes into every page.
const HashLength = 12

// brotliQuality keeps reloads quick where many sites are configured: the best
// quality, 11, makes our files 8 % smaller and takes 25 times as long.
const brotliQuality = 5

// File is one static file. Its fields must not be changed.
type File struct {
	// Name is the file's name without a folder, such as
	// "loader-0123456789ab.js".
	Name string
	// ContentType is the value of the Content-Type header.
	ContentType string
	// Integrity is the value of an integrity attribute, "sha256-…". In single
	// quotes it is a hash source of Content-Security-Policy.
	Integrity string
	// Body is the content. Gzip and Brotli are the same content in the content
	// codings "gzip" and "br".
	Body, Gzip, Brotli []byte
}

// Hash returns the part of the name that changes with the content.
func (f *File) Hash() string { return Hash(f.Body) }

// Hash returns the first [HashLength] hexadecimal digits of the SHA-256 of
// the parts, one after the other.
func Hash(parts ...[]byte) string {
	h := sha256.New()
	for _, p := range parts {
		h.Write(p)
	}
	return hex.EncodeToString(h.Sum(nil))[:HashLength]
}

// New makes the file stem-HASH.ext out of name "stem.ext" and compresses it.
func New(name, contentType string, body []byte) (*File, error) {
	ext := path.Ext(name)
	sum := sha256.Sum256(body)
	f := &File{
		Name:        strings.TrimSuffix(name, ext) + "-" + Hash(body) + ext,
		ContentType: contentType,
		Integrity:   "sha256-" + base64.StdEncoding.EncodeToString(sum[:]),
		Body:        body,
	}
	var gz bytes.Buffer
	gw, err := gzip.NewWriterLevel(&gz, gzip.BestCompression)
	if err != nil {
		return nil, fmt.Errorf("compressing %s: %w", name, err)
	}
	if err := writeAll(gw, body); err != nil {
		return nil, fmt.Errorf("compressing %s: %w", name, err)
	}
	var br bytes.Buffer
	if err := writeAll(brotli.NewWriterLevel(&br, brotliQuality), body); err != nil {
		return nil, fmt.Errorf("compressing %s: %w", name, err)
	}
	f.Gzip, f.Brotli = gz.Bytes(), br.Bytes()
	return f, nil
}

func writeAll(w interface {
	Write([]byte) (int, error)
	Close() error
}, p []byte,
) error {
	if _, err := w.Write(p); err != nil {
		return err
	}
	return w.Close()
}

// JSON encodes v as JSON that is safe wherever a script is: '<', '>' and '&'
// are escaped, so that it can neither end a script element nor begin a comment,
// and so is all that is not ASCII, so that neither the line separators U+2028
// and U+2029 nor the encoding of the page matter.
func JSON(v any) ([]byte, error) {
	raw, err := json.Marshal(v) // escapes <, >, &, U+2028 and U+2029
	if err != nil {
		return nil, fmt.Errorf("encoding settings: %w", err)
	}
	out := make([]byte, 0, len(raw))
	for len(raw) > 0 {
		r, n := utf8.DecodeRune(raw)
		switch {
		case r < utf8.RuneSelf:
			out = append(out, raw[:n]...)
		case r > 0xffff:
			hi, lo := utf16.EncodeRune(r)
			out = fmt.Appendf(out, `\u%04x\u%04x`, hi, lo)
		default:
			out = fmt.Appendf(out, `\u%04x`, r)
		}
		raw = raw[n:]
	}
	return out, nil
}

// Fill replaces the identifier name in a bundled script by v as JSON, in
// parentheses so that it is an expression wherever it stands. The identifier
// must occur exactly once; that it does not is a fault of the bundle.
func Fill(script []byte, name string, v any) ([]byte, error) {
	if n := bytes.Count(script, []byte(name)); n != 1 {
		return nil, fmt.Errorf("the bundle names %s %d times instead of once: run go generate", name, n)
	}
	value, err := JSON(v)
	if err != nil {
		return nil, err
	}
	value = append(append([]byte{'('}, value...), ')')
	return bytes.Replace(script, []byte(name), value, 1), nil
}
