package graphsim

import (
	"fmt"
	"hash/fnv"
	"math/rand/v2"
	"net/http"
	"strings"

	"github.com/go-json-experiment/json/jsontext"
)

// maxBatch is the documented limit of a batch. Source:
// https://learn.microsoft.com/graph/json-batching
const maxBatch = 20

type batchItem struct {
	id, method, url string
	header          http.Header
}

// batch answers POST /$batch. The answers come in an order of their own, which
// is the same for the same ids: clients must go by the id.
func (c *call) batch() (*answer, error) {
	if c.batched {
		return nil, badRequest("A batch cannot hold a batch.")
	}
	items, err := batchItems(c.body)
	if err != nil {
		return nil, err
	}
	seed := fnv.New64a()
	parts := make([]string, len(items))
	for i, item := range items {
		fmt.Fprintf(seed, "%s\x00", item.id)
		parts[i] = c.batchAnswer(item)
	}
	r := rand.New(rand.NewPCG(seed.Sum64(), 0))
	r.Shuffle(len(parts), func(i, j int) { parts[i], parts[j] = parts[j], parts[i] })
	return newAnswer(http.StatusOK, []byte(`{"responses":[`+strings.Join(parts, ",")+`]}`)), nil
}

func batchItems(body jsontext.Value) ([]batchItem, error) {
	list, ok := lookup(body, "requests")
	if !ok || list.Kind() != '[' {
		return nil, badRequest("Invalid batch payload format.")
	}
	var items []batchItem
	seen := map[string]bool{}
	var bad error
	err := eachElement(list, func(v jsontext.Value) bool {
		item := batchItem{id: textMember(v, "id"), method: textMember(v, "method"), url: textMember(v, "url"), header: http.Header{}}
		switch _, depends := lookup(v, "dependsOn"); {
		case item.id == "" || item.method == "" || item.url == "":
			bad = badRequest("Every request of a batch needs id, method and url.")
		case seen[item.id]:
			bad = badRequest("The id '%s' is given twice.", item.id)
		case depends:
			bad = badRequest("dependsOn is not supported by the simulator.")
		}
		seen[item.id] = true
		if headers, ok := lookup(v, "headers"); ok && headers.Kind() == '{' {
			bad2 := eachMember(headers, func(name, value jsontext.Value) bool {
				if value.Kind() == '"' {
					item.header.Set(unquote(name), unquote(value))
				}
				return true
			})
			if bad == nil && bad2 != nil {
				bad = badRequest("Invalid headers: %v.", bad2)
			}
		}
		items = append(items, item)
		return bad == nil
	})
	switch {
	case err != nil:
		return nil, badRequest("Invalid batch payload format: %v.", err)
	case bad != nil:
		return nil, bad
	case len(items) == 0 || len(items) > maxBatch:
		return nil, badRequest("Number of batch request steps has to be 1 to %d.", maxBatch)
	}
	return items, nil
}

func (c *call) batchAnswer(item batchItem) string {
	path, rawQuery, _ := strings.Cut("/"+c.version+"/"+strings.TrimPrefix(item.url, "/"), "?")
	sub := c.server.newCall(strings.ToUpper(item.method), c.origin, path, rawQuery, item.header)
	sub.batched = true
	sub.clientRequestID = c.clientRequestID
	var a *answer
	switch {
	case sub.segments == nil:
		a = sub.failureAnswer(badRequest("The url '%s' is not a path.", item.url))
	case sub.method != http.MethodGet:
		a = sub.failureAnswer(fail(http.StatusMethodNotAllowed, "Request_BadRequest", "Only GET is served inside a batch."))
	default:
		a = sub.answer()
	}
	c.server.requests.add(sub, a.status)
	a.header.Set("request-id", sub.requestID)
	var b strings.Builder
	fmt.Fprintf(&b, `{"id":%s,"status":%d,"headers":{`, quote(item.id), a.status)
	for i, name := range []string{"Content-Type", "Retry-After", "request-id", "x-ms-resource-unit"} {
		if v := a.header.Get(name); v != "" {
			if i > 0 {
				b.WriteByte(',')
			}
			b.WriteString(quote(name) + ":" + quote(v))
		}
	}
	b.WriteString(`},"body":`)
	if strings.HasPrefix(a.header.Get("Content-Type"), "text/") {
		b.WriteString(quote(string(a.body)))
	} else {
		b.Write(a.body)
	}
	b.WriteString(`}`)
	return b.String()
}
