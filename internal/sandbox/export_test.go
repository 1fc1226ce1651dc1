package sandbox

// Tap shows every frame that arrives to f. It must be set before the first
// connection.
func (s *Service) Tap(f func([]byte)) { s.tap = f }

// Sweep does now what happens once a second.
func (s *Service) Sweep() { s.hub.sweep() }
