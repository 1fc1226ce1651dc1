package splice

import (
	"fmt"
	"testing"
)

func abs(n int) int { return max(n, -n) }

// TestEncoders: every level of two encoders, with and without flushes, at many
// places.
func TestEncoders(t *testing.T) {
	for _, size := range []int{0, 300, 5 << 10, 40 << 10, 150 << 10} {
		text := page(size)
		for level := -2; level <= 9; level++ {
			flushes := []int{0, 256, 4 << 10}
			if raceEnabled || size > 100<<10 {
				flushes = flushes[abs(level)%3:][:1] // slow: fewer of them
			}
			if raceEnabled && size > 100<<10 && level != 6 {
				continue
			}
			for _, flush := range flushes {
				for name, body := range map[string][]byte{
					"stdlib": gzipped(t, level, text, flush), "klauspost": klauspostGzipped(t, level, text, flush),
				} {
					t.Run(fmt.Sprintf("%s/%d/level %d/flush %d", name, size, level, flush), func(t *testing.T) {
						for _, at := range []int{0, 1, 39, 256, len(text) / 2, len(text) - 1, len(text)} {
							if at < 0 || at > len(text) {
								continue
							}
							whole := checkSplice(t, body, at, run{hold: true})
							cut := checkSplice(t, body, at, run{chunk: 100, ahead: at % 600, known: at%2 == 0, split: at%3 == 0})
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
