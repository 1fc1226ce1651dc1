package proxy

import (
	"fmt"
	"net/http"

	"github.com/cobrowse-proxy/cobrowse-proxy/internal/agent"
)

// identify asks who the agent behind r is, and fails closed: an identifier
// that panics, or that names an agent without an ID, has found nobody.
func identify(agents agent.Identifier, r *http.Request) (who agent.Agent, err error) {
	defer func() {
		if v := recover(); v != nil {
			who, err = agent.Agent{}, fmt.Errorf("identifying the agent panicked: %w", errIdentifier)
		}
	}()
	who, err = agents.Identify(r)
	if err == nil && who.ID == "" {
		return agent.Agent{}, agent.ErrUnidentified
	}
	if err != nil {
		return agent.Agent{}, err
	}
	return who, nil
}
