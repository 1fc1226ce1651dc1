package inject

import "io"

// change puts new bytes in the place of a part of the text.
type change struct {
	span
	text []byte
}

// A response never starts with a few bytes before the tag: middleware judges it
// by the size of its first write (Caddy's encode leaves alone what is smaller
// than 512 bytes). So the first bytes are copied together.
const (
	// joined is up to how many bytes all go out in one write: to copy them takes
	// less than another write, whatever stands between us and the connection.
	joined = 8 << 10
	// firstWrite is how many the first write has where there are more; the rest
	// follows without being copied. It is the size of net/http's buffer in front
	// of a response (HTTP/1.1), which thus takes the first write without a
	// system call, and sends it with the second.
	firstWrite = 2 << 10
)

// plan returns what the edit does to the text, in order. Its memory is the
// page's.
func (p *page) plan(policies []policy, e Edit) []change {
	f := &p.finder
	at := f.offset(f.scanner.point)
	p.fresh = f.encode(p.fresh[:0], e.Tag)
	p.changes = append(p.changes[:0], change{span{at, at}, p.fresh})
	if len(e.Policies) != len(policies) {
		return p.changes
	}
	for i, old := range policies {
		if e.Policies[i] != old.content && !old.fixed {
			fresh := f.encodeValue(nil, e.Policies[i], old.quote)
			p.changes = append(p.changes, change{old.value, fresh})
		}
	}
	return p.changes
}

// growth is by how many bytes the changes make the text longer.
func growth(changes []change) (n int64) {
	for _, c := range changes {
		n += int64(len(c.text) - (c.end - c.start))
	}
	return n
}

// joiner writes pieces to w in few writes: the first is filled up to size, and
// what is longer than that goes straight through.
type joiner struct {
	w    io.Writer
	buf  []byte
	size int
	err  error
}

func (j *joiner) add(b []byte) {
	if j.err != nil {
		return // buf may still be the writer's
	}
	room := j.size - len(j.buf)
	if len(b) <= room {
		j.buf = append(j.buf, b...)
		return
	}
	j.buf = append(j.buf, b[:room]...)
	j.flush()
	j.write(b[room:])
}

func (j *joiner) flush() {
	j.write(j.buf)
	j.buf = j.buf[:0]
}

func (j *joiner) write(b []byte) {
	if j.err == nil && len(b) > 0 {
		_, j.err = j.w.Write(b)
	}
}
