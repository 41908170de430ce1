package graphclient

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
	abs "github.com/microsoft/kiota-abstractions-go"
)

// MaxBatch is how many requests Graph takes in one batch (Graph json-batching
// page). [Client.Batch] splits longer lists.
const MaxBatch = 20

// BatchResult is the answer to one request of a batch.
type BatchResult struct {
	Request Request
	Status  int            // 0 if there was no answer
	Header  http.Header    // the item's own headers
	Body    jsontext.Value // owned by the receiver; nil if there was none

	// Err is nil for a success, an *[Error] for a refusal, [ErrNoAnswer], or what
	// kept the batch from being sent.
	Err error
}

// Page reads the body as a page of a collection. Follow-up pages do not come in
// batches: pass Next to [Client.Continue].
func (r BatchResult) Page() (Page, error) {
	if r.Err != nil {
		return Page{}, r.Err
	}
	e, err := decodePage(bytes.NewReader(r.Body))
	if err != nil {
		return Page{}, fmt.Errorf("GET %s in a batch: read the answer: %w", r.Request.path(), err)
	}
	date, _ := http.ParseTime(r.Header.Get("Date"))
	return Page{Rows: e.rows, Count: e.count, Date: date, Next: e.next}, nil
}

// Batch runs GET requests of one Graph version, twenty at a time, and returns one
// result for each, in their order. Items that were throttled or failed in passing
// are tried again, those alone, after the longest wait that any of them asked
// for. Each item is charged to its own [Bucket].
//
// The error is for failures of a batch as a whole; results obtained before it are
// good, and the others carry it as their Err.
func (c *Client) Batch(ctx context.Context, requests []Request) ([]BatchResult, error) {
	results := make([]BatchResult, len(requests))
	for i, r := range requests {
		results[i] = BatchResult{Request: r, Err: ErrNoAnswer}
		switch {
		case r.err != nil:
			return nil, fmt.Errorf("batch: %w", r.err)
		case r.method != abs.GET || r.plain:
			return nil, fmt.Errorf("batch: %s %s does not belong into a batch", r.method, r.path())
		case r.version != requests[0].version:
			return nil, errors.New("batch: requests of different Graph versions")
		}
	}
	for start := 0; start < len(results); start += MaxBatch {
		chunk := results[start:min(start+MaxBatch, len(results))]
		if err := c.batch(ctx, chunk); err != nil {
			for i := start; i < len(results); i++ {
				if errors.Is(results[i].Err, ErrNoAnswer) {
					results[i].Err = err
				}
			}
			return results, err
		}
	}
	return results, nil
}

// batch fills up to twenty results.
func (c *Client) batch(ctx context.Context, results []BatchResult) error {
	pending := make([]int, len(results))
	for i := range pending {
		pending[i] = i
	}
	patience := c.patience(results[0].Request.bucket)
	unauthenticated := false
	for {
		if err := c.batchOnce(ctx, results, pending); err != nil {
			return err
		}
		var again []int
		var worst error
		refused := false
		for _, i := range pending {
			var e *Error
			switch {
			case errors.Is(results[i].Err, ErrNoAnswer):
				if worst == nil {
					worst = results[i].Err
				}
			case errors.As(results[i].Err, &e) && e.Unauthenticated() && !unauthenticated:
				refused = true // as for a single request: once may be bad luck
			case errors.As(results[i].Err, &e) && e.transient():
				var w *Error
				if !errors.As(worst, &w) || e.RetryAfter > w.RetryAfter {
					worst = e
					patience.bucket = results[i].Request.bucket
				}
			default:
				continue
			}
			again = append(again, i)
		}
		if len(again) == 0 {
			return nil
		}
		pending = again
		unauthenticated = unauthenticated || refused
		if worst == nil {
			continue
		}
		if err := patience.wait(ctx, worst); err != nil {
			if ctx.Err() != nil {
				return fmt.Errorf("POST /$batch: %w", context.Cause(ctx))
			}
			// Tries are used up: what is refused stays refused, item by item.
			return nil
		}
	}
}

// batchOnce sends the pending items once and files their answers.
func (c *Client) batchOnce(ctx context.Context, results []BatchResult, pending []int) error {
	k, err := batchCall(results, pending)
	if err != nil {
		return err
	}
	var answers []batchAnswer
	var date string
	err = c.do(ctx, k, func(body io.Reader, h http.Header) error {
		var err error
		answers, err = decodeBatch(body)
		date = h.Get("Date")
		return err
	})
	if err != nil {
		return err
	}
	byID := map[scalar]batchAnswer{}
	for _, a := range answers {
		if _, twice := byID[a.ID]; twice {
			return fmt.Errorf("POST /$batch: item %q was answered twice", oneLine(string(a.ID), 100))
		}
		byID[a.ID] = a
	}
	asked := map[scalar]bool{}
	for _, i := range pending {
		asked[scalar(strconv.Itoa(i))] = true
	}
	for _, a := range answers {
		if !asked[a.ID] {
			return fmt.Errorf("POST /$batch: item %q was answered but not asked", oneLine(string(a.ID), 100))
		}
	}
	for _, i := range pending {
		results[i] = BatchResult{Request: results[i].Request, Err: ErrNoAnswer}
		if a, ok := byID[scalar(strconv.Itoa(i))]; ok {
			results[i] = a.result(results[i].Request, date)
			c.charged(results[i].Request, results[i].Header)
		}
	}
	return nil
}

func batchCall(results []BatchResult, pending []int) (call, error) {
	var b batchBody
	k := call{limit: maxPage, charge: map[Bucket]int{}}
	for _, i := range pending {
		r := results[i].Request
		rel, err := r.relative()
		if err != nil {
			return k, fmt.Errorf("batch: %w", err)
		}
		item := batchItem{ID: strconv.Itoa(i), Method: http.MethodGet, URL: rel}
		if r.query.Eventual {
			item.Headers = map[string]string{"ConsistencyLevel": "eventual"}
		}
		b.Requests = append(b.Requests, item)
		k.charge[r.bucket] += r.cost()
	}
	first := results[pending[0]].Request
	k.request = Request{version: first.version, method: abs.POST, bucket: first.bucket,
		build: func(_ context.Context, p map[string]string, _ abs.RequestAdapter) (*abs.RequestInformation, error) {
			return abs.NewRequestInformationWithMethodAndUrlTemplateAndPathParameters(abs.POST, "{+baseurl}/$batch", p), nil
		}}
	var err error
	k.request.body, err = json.Marshal(b)
	return k, err
}

// batchAnswer is one item of a batch's answer. Headers are kept raw: their values
// are text by documentation, and lists or numbers at times.
type batchAnswer struct {
	ID      scalar                    `json:"id"`
	Status  scalar                    `json:"status"`
	Headers map[string]jsontext.Value `json:"headers"`
	Body    jsontext.Value            `json:"body"`

	code int // the status
}

// scalar is a JSON string or number, by its text. By documentation the id of an item
// is text and its status a number; proxies that take batches apart write either as
// the other.
type scalar string

func (s *scalar) UnmarshalJSONFrom(d *jsontext.Decoder) error {
	v, err := d.ReadValue()
	if err != nil {
		return err
	}
	if *s = scalarOf(v); *s == "" {
		return fmt.Errorf("want text or a number, got %s", v.Kind())
	}
	return nil
}

func scalarOf(v jsontext.Value) scalar {
	if v.Kind() == jsontext.KindNumber {
		return scalar(v)
	}
	return scalar(text(v))
}

// result is the answer to one request. Items do not all say when they were made, and a
// Retry-After may be a date: the batch's own is then the clock.
func (a batchAnswer) result(r Request, date string) BatchResult {
	res := BatchResult{Request: r, Status: a.code, Header: http.Header{}, Body: a.Body}
	for name, v := range a.Headers {
		var many []string
		if one := scalarOf(v); one != "" {
			res.Header.Add(name, string(one))
		} else if json.Unmarshal(v, &many) == nil {
			for _, one := range many {
				res.Header.Add(name, one)
			}
		}
	}
	if date != "" && res.Header.Get("Date") == "" {
		res.Header.Set("Date", date)
	}
	if a.code < 200 || a.code > 299 {
		e := &Error{Status: a.code, Method: http.MethodGet, Path: r.path()}
		e.header(res.Header)
		e.fill(a.Body)
		res.Err = e
	}
	return res
}

// decodeBatch reads the answers of a batch while they arrive.
func decodeBatch(r io.Reader) ([]batchAnswer, error) {
	var answers []batchAnswer
	d := newDecoder(r)
	if k := d.PeekKind(); k != jsontext.KindBeginObject && k != jsontext.KindInvalid {
		return nil, fmt.Errorf("want an object, got %s", k)
	}
	if _, err := d.ReadToken(); err != nil {
		return nil, short(err)
	}
	for d.PeekKind() != jsontext.KindEndObject {
		name, err := d.ReadToken()
		if err != nil {
			return nil, short(err)
		}
		if name.String() != "responses" {
			if err := d.SkipValue(); err != nil {
				return nil, short(err)
			}
			continue
		}
		rows, err := decodeRows(d)
		if err != nil {
			return nil, short(err)
		}
		for _, row := range rows {
			var a batchAnswer
			if err := json.Unmarshal(row, &a); err != nil {
				return nil, fmt.Errorf("an answer of the batch: %w", err)
			}
			if a.code, err = strconv.Atoi(string(a.Status)); err != nil {
				return nil, fmt.Errorf("an answer of the batch: status %q is not a number", oneLine(string(a.Status), 100))
			}
			answers = append(answers, a)
		}
	}
	if _, err := d.ReadToken(); err != nil {
		return nil, short(err)
	}
	return answers, atEnd(d)
}
