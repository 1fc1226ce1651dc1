package zoomapp

import (
	"crypto/rand"
	"io"
	"log/slog"
	"time"
)

// setDefaults fills what every constructor of this package takes and may be left
// out: the log, the clock and the source of randomness.
func setDefaults(logger **slog.Logger, now *func() time.Time, random *io.Reader) {
	if *logger == nil {
		*logger = slog.Default()
	}
	if *now == nil {
		*now = time.Now
	}
	if *random == nil {
		*random = rand.Reader
	}
}
