package browsertest

import (
	"errors"
	"testing"
)

func startWebKit(t testing.TB, path, proxy string) (driver, error) {
	return nil, errors.New("not yet")
}
