package audit

import (
	"bufio"
	"bytes"
	"crypto/hmac"
	"encoding/hex"
	"encoding/json"
	"errors"
	"hash"
	"io"
	"strconv"
	"strings"
	"time"
)

// Version is the version of the format that this package writes and reads.
const Version = 1

// Events of the writer's own lines.
const (
	// EventFile is the event of each file's first line; its reason says why the
	// file was begun, as one of the Cause constants.
	EventFile = "audit.file"
	// EventTorn: the last line was cut off, as by a power failure, and was set
	// aside. It was never acknowledged.
	EventTorn = "audit.torn"
	// EventFault: records could not be written since the line before.
	EventFault = "audit.fault"
)

// FileHeader has the members of a file's first line.
type FileHeader struct {
	// Version is that of the format.
	Version int `json:"version"`
	// KeyID is the ID of the key that sealed every line of the file.
	KeyID string `json:"key_id"`
	// Chain identifies the chain: 128 random bits as hexadecimal digits.
	Chain string `json:"chain"`
	// ChainStart is when the chain began.
	ChainStart string `json:"chain_start"`
	// PreviousFile is the name, without folder, of the file that this one goes
	// on from. It is a help for people; what binds the files is prev.
	PreviousFile string `json:"previous_file,omitempty"`
}

// Incident has the members of the events [EventTorn] and [EventFault].
type Incident struct {
	// TornFile is the name of the file that holds what was set aside, TornBytes
	// its length, and TornSHA256 its hash as hexadecimal digits.
	TornFile   string `json:"torn_file,omitempty"`
	TornBytes  int64  `json:"torn_bytes,omitempty"`
	TornSHA256 string `json:"torn_sha256,omitempty"`
	// Lost is how many records were refused with an error.
	Lost int `json:"lost,omitempty"`
}

// timeLayout is RFC 3339 with milliseconds.
const timeLayout = "2006-01-02T15:04:05.000Z07:00"

const (
	macLen = 64 // hexadecimal digits
	// macOpen and macClose surround the mac at the end of each line.
	macOpen  = `,"mac":"`
	macClose = `"}`
	tailLen  = len(macOpen) + macLen + len(macClose)
	// maxLine bounds a line in bytes, with room: escaping makes of the longest
	// record less than 30 KiB.
	maxLine = 32 << 10
)

// zeroMAC is prev in a chain's first line.
var zeroMAC = strings.Repeat("0", macLen)

// ownLine is a line that the writer writes about itself.
type ownLine struct {
	Record
	*FileHeader
	*Incident
}

// sealer seals and checks lines with one key. It is not safe for concurrent
// use.
type sealer struct {
	mac hash.Hash
	sum []byte
	hex [macLen]byte
}

func newSealer(key Key) *sealer { return &sealer{mac: key.newMAC()} }

// digits returns the mac of body, until the next call.
func (s *sealer) digits(body []byte) []byte {
	s.mac.Reset()
	s.mac.Write(body)
	s.sum = s.mac.Sum(s.sum[:0])
	hex.Encode(s.hex[:], s.sum)
	return s.hex[:]
}

// appendLine appends a whole line to dst. object is a JSON object with at least
// one member. It returns the line's mac, too.
func (s *sealer) appendLine(dst []byte, seq uint64, at time.Time, object []byte, prev string) ([]byte, string) {
	start := len(dst)
	dst = append(dst, `{"seq":`...)
	dst = strconv.AppendUint(dst, seq, 10)
	dst = append(dst, `,"time":"`...)
	dst = at.UTC().AppendFormat(dst, timeLayout)
	dst = append(dst, `",`...)
	dst = append(dst, object[1:len(object)-1]...)
	dst = append(dst, `,"prev":"`...)
	dst = append(dst, prev...)
	dst = append(dst, '"')
	mac := string(s.digits(dst[start:]))
	dst = append(dst, macOpen...)
	dst = append(dst, mac...)
	return append(dst, macClose+"\n"...), mac
}

// line is a line as read. Only after sealed its members can be trusted.
type line struct {
	Seq  uint64 `json:"seq"`
	Time string `json:"time"`
	Prev string `json:"prev"`
	ownLine
	mac  string
	body []byte
}

// errNoLine means that bytes are not a line of any audit file.
var errNoLine = errors.New("not an audit line")

// parseLine reads a line without its line feed. It does not check the seal.
func parseLine(raw []byte) (line, error) {
	if len(raw) <= tailLen || len(raw) > maxLine {
		return line{}, errNoLine
	}
	body, tail := raw[:len(raw)-tailLen], raw[len(raw)-tailLen:]
	mac, ok := bytes.CutPrefix(tail, []byte(macOpen))
	if !ok {
		return line{}, errNoLine
	}
	if mac, ok = bytes.CutSuffix(mac, []byte(macClose)); !ok {
		return line{}, errNoLine
	}
	var parsed line
	if err := json.Unmarshal(raw, &parsed); err != nil {
		return line{}, errNoLine
	}
	parsed.mac, parsed.body = string(mac), body
	return parsed, nil
}

// sealed reports whether the line's mac is that of its bytes.
func (s *sealer) sealed(l line) bool { return hmac.Equal(s.digits(l.body), []byte(l.mac)) }

// isHeader reports whether the line is the first of a file.
func (l line) isHeader() bool { return l.Event == EventFile && l.FileHeader != nil }

// lineReader cuts a stream into lines, in bounded memory.
type lineReader struct {
	buf    *bufio.Reader
	number int   // of the line last returned, from 1
	offset int64 // behind the last line that ended in a line feed
	seen   int64 // bytes read
}

// rawLine is one line without its line feed.
type rawLine struct {
	text  []byte // valid until the next call; the beginning, where tooLong
	ended bool   // by a line feed
	long  bool   // longer than maxLine
}

func newLineReader(r io.Reader) *lineReader {
	return &lineReader{buf: bufio.NewReaderSize(r, maxLine+1)}
}

// next returns io.EOF after the last line.
func (r *lineReader) next() (rawLine, error) {
	text, err := r.buf.ReadSlice('\n')
	read := int64(len(text))
	raw := rawLine{text: text}
	for errors.Is(err, bufio.ErrBufferFull) {
		raw.long, raw.text = true, nil
		text, err = r.buf.ReadSlice('\n')
		read += int64(len(text))
	}
	if err != nil && !errors.Is(err, io.EOF) {
		return rawLine{}, err
	}
	if read == 0 {
		return rawLine{}, io.EOF
	}
	r.number++
	r.seen += read
	if err == nil {
		raw.ended = true
		r.offset = r.seen
		raw.text = bytes.TrimSuffix(raw.text, []byte("\n"))
	}
	return raw, nil
}
