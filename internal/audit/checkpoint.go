package audit

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
)

// Checkpoint names one line of one chain. It holds nothing secret, and cannot be
// made up without the key.
type Checkpoint struct {
	// Chain is the chain's identifier.
	Chain string
	// Seq is the line's number, from 1.
	Seq uint64
	// MAC is the line's mac, as hexadecimal digits.
	MAC string
}

var checkpointPattern = regexp.MustCompile(`^([0-9a-f]{32}):([1-9][0-9]{0,19}):([0-9a-f]{64})$`)

// String returns CHAIN:SEQ:MAC, which [ParseCheckpoint] reads.
func (c Checkpoint) String() string {
	return c.Chain + ":" + strconv.FormatUint(c.Seq, 10) + ":" + c.MAC
}

// ParseCheckpoint reads what [Checkpoint.String] has written.
func ParseCheckpoint(text string) (Checkpoint, error) {
	parts := checkpointPattern.FindStringSubmatch(strings.TrimSpace(text))
	if parts == nil {
		return Checkpoint{}, fmt.Errorf("checkpoint %.150q: want CHAIN:SEQ:MAC, as audit verify prints it", text)
	}
	seq, err := strconv.ParseUint(parts[2], 10, 64)
	if err != nil {
		return Checkpoint{}, fmt.Errorf("checkpoint: number %s is out of range", parts[2])
	}
	return Checkpoint{Chain: parts[1], Seq: seq, MAC: parts[3]}, nil
}
