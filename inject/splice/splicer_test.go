package splice

import (
	"fmt"
	"testing"
)

// TestEncoders: every level of two encoders, with and without flushes, at many
// places.
func TestEncoders(t *testing.T) {
	for _, size := range []int{0, 300, 5 << 10, 40 << 10, 150 << 10} {
		text := page(size)
		for level := -2; level <= 9; level++ {
			for _, flush := range []int{0, 256, 4 << 10} {
				for name, body := range map[string][]byte{
					"stdlib": gzipped(t, level, text, flush), "klauspost": klauspostGzipped(t, level, text, flush),
				} {
					t.Run(fmt.Sprintf("%s/%d/level %d/flush %d", name, size, level, flush), func(t *testing.T) {
						for _, at := range []int{0, 1, 39, 256, len(text) / 2, len(text) - 1, len(text)} {
							if at < 0 || at > len(text) {
								continue
							}
							whole := checkSplice(t, body, at, run{hold: true})
							cut := checkSplice(t, body, at, run{chunk: 100, ahead: at % 600})
							if string(cut.out) != string(whole.out) {
								t.Fatalf("at %d: %s", at, firstDifference(cut.out, whole.out))
							}
						}
					})
				}
			}
		}
	}
}
