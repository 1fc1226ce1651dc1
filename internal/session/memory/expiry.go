package memory

import (
	"container/heap"
	"time"
)

// item is what everything that expires has. It is embedded, so that the heap
// costs no memory of its own but a pointer.
type item struct {
	key   string // in the map that it is in; a record's is its ID
	at    time.Time
	index int // in the heap
}

func (i *item) self() *item { return i }

// expiring is a pointer to something that has an item.
type expiring interface{ self() *item }

// expiry knows what expires next.
type expiry struct{ heap byTime }

func (e *expiry) add(x expiring) { heap.Push(&e.heap, x) }

func (e *expiry) remove(x expiring) { heap.Remove(&e.heap, x.self().index) }

// move gives something another time.
func (e *expiry) move(x expiring, at time.Time) {
	x.self().at = at
	heap.Fix(&e.heap, x.self().index)
}

// due returns something whose time has come.
func (e *expiry) due(now time.Time) (expiring, bool) {
	if len(e.heap) == 0 || now.Before(e.heap[0].self().at) {
		return nil, false
	}
	return e.heap[0], true
}

// byTime is a heap.Interface whose first element expires next.
type byTime []expiring

func (h byTime) Len() int           { return len(h) }
func (h byTime) Less(i, j int) bool { return h[i].self().at.Before(h[j].self().at) }

func (h byTime) Swap(i, j int) {
	h[i], h[j] = h[j], h[i]
	h[i].self().index, h[j].self().index = i, j
}

func (h *byTime) Push(x any) {
	e := x.(expiring)
	e.self().index = len(*h)
	*h = append(*h, e)
}

func (h *byTime) Pop() any {
	last := len(*h) - 1
	e := (*h)[last]
	(*h)[last] = nil // so that it can be collected
	*h = (*h)[:last]
	return e
}
