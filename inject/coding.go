package inject

import (
	"bufio"
	"errors"
	"io"
)

// coding is a content coding (RFC 9110, 8.4.1) whose bodies are decoded and
// encoded anew.
type coding interface {
	// decode writes to dst what src decodes to, and returns nil at the end of
	// the stream. Whatever decodes from what src has given must have gone to
	// dst before src is asked for more. An error of dst or src ends it.
	// Trailing data that browsers ignore is reported as errTrailing.
	decode(dst io.Writer, src *bufio.Reader) error
	// encoder returns an encoder of the same coding, from a pool.
	encoder(dst io.Writer) encoder
	// free takes it back.
	free(encoder)
}

// encoder compresses what is written to it.
type encoder interface {
	io.WriteCloser
	Flush() error
}

// errTrailing says that the stream is complete and that data follow which do
// not belong to it.
var errTrailing = errors.New("data after the end of the compressed stream")

// newCoding returns the coding of that name (IANA's HTTP Content Coding
// Registry), or nil. gzip is not among them: it goes to a splicer first.
func newCoding(name string) coding {
	switch name {
	case "deflate":
		return new(deflateCoding)
	case "br":
		return brotliCoding{}
	case "zstd":
		return zstdCoding{}
	}
	return nil
}

// copyDecoded is [io.CopyBuffer], less its shortcuts: some decoders' WriteTo
// keeps text back until its buffer is full.
func copyDecoded(dst io.Writer, r io.Reader, buf []byte) error {
	for {
		n, err := r.Read(buf)
		if n > 0 {
			if _, werr := dst.Write(buf[:n]); werr != nil {
				return werr
			}
		}
		switch {
		case err == io.EOF:
			return nil
		case err != nil:
			return err
		}
	}
}
