package graphsim

import "sync"

// throttle refuses every so many requests once: asking again for the same thing
// passes.
type throttle struct {
	every int

	mu      sync.Mutex
	count   int
	refused map[string]int
}

func (t *throttle) hit(c *call) bool {
	if t.every <= 0 {
		return false
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	key := c.method + " " + c.path + "?" + c.rawQuery
	if t.refused[key] > 0 {
		if t.refused[key]--; t.refused[key] == 0 {
			delete(t.refused, key)
		}
		return false
	}
	t.count++
	if t.count%t.every != 0 {
		return false
	}
	t.refused[key]++
	return true
}
