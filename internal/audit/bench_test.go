package audit

import (
	"bytes"
	"context"
	"io"
	"sync/atomic"
	"testing"
	"time"
)

// BenchmarkAppend is one writer that waits for its own fsync.
func BenchmarkAppend(b *testing.B) {
	cfg := testConfig(b)
	cfg.Now = time.Now
	w := open(b, cfg)
	record := claim(1)
	b.ReportAllocs()
	for b.Loop() {
		if err := w.Append(context.Background(), record); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkAppend64 is 64 writers at once, who share fsyncs.
func BenchmarkAppend64(b *testing.B) {
	cfg := testConfig(b)
	cfg.Now = time.Now
	var syncs atomic.Int64
	cfg.wrap = func(f file) file { return &faultyFile{file: f, onSync: func() error { syncs.Add(1); return nil }} }
	w := open(b, cfg)
	b.ReportAllocs()
	const writers = 64
	work, done := make(chan Record), make(chan error, writers)
	for range writers {
		go func() {
			for record := range work {
				if err := w.Append(context.Background(), record); err != nil {
					done <- err
					return
				}
			}
			done <- nil
		}()
	}
	record := claim(1)
	n := 0
	for b.Loop() {
		work <- record
		n++
	}
	close(work)
	for range writers {
		if err := <-done; err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(n)/float64(syncs.Load()), "records/fsync")
}

// BenchmarkVerify is a file of 10,000 lines.
func BenchmarkVerify(b *testing.B) {
	sealer := newSealer(testKey)
	object, err := claim(1).encode()
	if err != nil {
		b.Fatal(err)
	}
	head := mustEncode(ownLine{
		Record:     Record{Event: EventFile, Outcome: Success, Reason: CauseStart},
		FileHeader: &FileHeader{Version: Version, KeyID: testKey.ID(), Chain: "c", ChainStart: "s"},
	})
	content, mac := sealer.appendLine(nil, 1, time.Now(), head, zeroMAC)
	for seq := uint64(2); seq <= 10000; seq++ {
		content, mac = sealer.appendLine(content, seq, time.Now(), object, mac)
	}
	b.SetBytes(int64(len(content)))
	b.ReportAllocs()
	for b.Loop() {
		report, err := Verify(keys, Source{"f", bytes.NewReader(content)})
		if err != nil || !report.OK() {
			b.Fatal(err, report.Write(io.Discard))
		}
	}
}
