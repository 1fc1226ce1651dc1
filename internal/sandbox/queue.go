package sandbox

import "sync"

// queue holds the frames that wait for a connection's writer. It is what the
// hub knows of a connection.
type queue struct {
	limit int
	wake  chan struct{} // capacity 1

	mu     sync.Mutex
	frames [][]byte
	size   int  // of frames, and of those that are being written
	done   bool // nothing more is taken
	slow   bool // the limit was hit
}

func newQueue(limit int) *queue {
	return &queue{limit: limit, wake: make(chan struct{}, 1)}
}

// send queues a frame. One that is too much makes the queue forget all and end
// the connection: its owner comes back and begins with a new snapshot.
func (q *queue) send(frame []byte) { q.put(frame, false) }

// finish queues the last frame.
func (q *queue) finish(frame []byte) { q.put(frame, true) }

func (q *queue) put(frame []byte, last bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.done {
		return
	}
	q.size += len(frame)
	if q.size > q.limit {
		q.frames, q.done, q.slow = nil, true, true
	} else {
		q.frames = append(q.frames, frame)
		q.done = last
	}
	select {
	case q.wake <- struct{}{}:
	default:
	}
}

// take returns what waits, and whether it is the last of it. The frames count
// towards the limit until wrote is told of them.
func (q *queue) take() (frames [][]byte, done, slow bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	frames, q.frames = q.frames, nil
	return frames, q.done, q.slow
}

// wrote is told that a frame of take has left.
func (q *queue) wrote(frame []byte) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.size -= len(frame)
}
