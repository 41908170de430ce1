package collect

import (
	"context"

	"passkeyaudit/graphclient"
)

// batches asks n requests, some batches at once, and hands out the answers in
// the order of the requests.
func batches(ctx context.Context, c *graphclient.Client, n int, request func(int) graphclient.Request, each func(int, graphclient.BatchResult) error) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	type sent struct {
		first   int
		results []graphclient.BatchResult
		err     error
	}
	var flight []chan sent
	defer func() {
		cancel()
		for _, answer := range flight {
			<-answer // nothing goes on after the return
		}
	}()
	next := 0
	for next < n || len(flight) > 0 {
		for next < n && len(flight) < batchesInFlight {
			first, last := next, min(next+graphclient.MaxBatch, n)
			answer := make(chan sent, 1)
			flight = append(flight, answer)
			requests := make([]graphclient.Request, 0, last-first)
			for i := first; i < last; i++ {
				requests = append(requests, request(i))
			}
			go func() {
				results, err := c.Batch(ctx, requests)
				answer <- sent{first, results, err}
			}()
			next = last
		}
		s := <-flight[0]
		flight = flight[1:]
		if s.err != nil {
			return s.err
		}
		for i, res := range s.results {
			if err := each(s.first+i, res); err != nil {
				return err
			}
		}
	}
	return nil
}
