package json

import (
	"io"
	"iter"
	"runtime"
	"strconv"
	"sync"
	"unicode/utf8"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
	"passkeyaudit/audit/readiness"
)

// Users writes a line for every account. Parts are written out at the same time and go
// to w in their order.
func Users(w io.Writer, parts []iter.Seq[readiness.User]) error {
	type written struct {
		text []byte
		err  error
	}
	workers := runtime.GOMAXPROCS(0)
	lines := make(chan *userLines, workers)
	for range workers {
		lines <- &userLines{standings: map[*readiness.Standing][]byte{}, recoveries: map[*readiness.Recovery][]byte{}}
	}
	var spare sync.Pool
	queue := make(chan chan written, workers) // in the order of the parts
	stop := make(chan struct{})
	var running sync.WaitGroup
	defer running.Wait()
	defer close(stop)
	running.Go(func() {
		defer close(queue)
		for _, part := range parts {
			l := <-lines
			out := make(chan written, 1)
			select {
			case queue <- out:
			case <-stop:
				return
			}
			running.Go(func() {
				text, _ := spare.Get().(*[]byte)
				if text == nil {
					text = new([]byte)
				}
				all, err := l.append((*text)[:0], part)
				lines <- l
				out <- written{all, err}
			})
		}
	})
	for out := range queue {
		part := <-out
		if part.err == nil {
			_, part.err = w.Write(part.text)
		}
		if part.err != nil {
			return part.err
		}
		spare.Put(&part.text)
	}
	return nil
}

// userLines writes users, several times as fast as by reflection: what many lines share
// is written out once and copied.
type userLines struct {
	standings  map[*readiness.Standing][]byte // the members, without braces
	recoveries map[*readiness.Recovery][]byte
}

func (l *userLines) append(b []byte, users iter.Seq[readiness.User]) ([]byte, error) {
	var err error
	for u := range users {
		if b, err = l.appendUser(b, &u); err != nil {
			return nil, err
		}
	}
	return b, nil
}

func (l *userLines) appendUser(b []byte, u *readiness.User) (_ []byte, err error) {
	member := func(name, value string) {
		if err == nil {
			b = append(b, name...)
			b, err = appendQuote(b, value)
		}
	}
	// Words of ours have nothing to escape.
	word := func(name, value string) { b = append(append(append(b, name...), value...), '"') }
	word(`{"schema":"`, u.Schema)
	member(`,"id":`, u.ID)
	member(`,"userPrincipalName":`, u.UserPrincipalName)
	word(`,"kind":"`, u.Kind)
	b = strconv.AppendBool(append(b, `,"counted":`...), u.Counted)
	if u.Passkeys != nil {
		b = append(b, `,"passkeys":{"registered":`...)
		b = strconv.AppendInt(b, int64(u.Passkeys.Registered), 10)
		b = append(b, `,"usable":`...)
		b = strconv.AppendInt(b, int64(u.Passkeys.Usable), 10)
		b = append(b, '}')
	}
	b = append(b, ',')
	if b, err = l.appendStanding(b, u.Standing, err); err != nil {
		return nil, err
	}
	if u.IfInScope != nil {
		b = append(b, `,"ifInScope":{`...)
		if b, err = l.appendStanding(b, u.IfInScope, err); err != nil {
			return nil, err
		}
		b = append(b, '}')
	}
	if u.Recovery != nil {
		text, known := l.recoveries[u.Recovery]
		if !known {
			if text, err = json.Marshal(u.Recovery); err != nil {
				return nil, err
			}
			l.recoveries[u.Recovery] = text
		}
		b = append(append(b, `,"recovery":`...), text...)
	}
	b = append(b, `,"platforms":[`...)
	for i := range u.Platforms {
		p := &u.Platforms[i]
		if i > 0 {
			b = append(b, ',')
		}
		word(`{"os":"`, string(p.OS))
		word(`,"state":"`, string(p.State))
		if p.Credential != "" {
			word(`,"credential":"`, string(p.Credential))
		}
		word(`,"evidence":"`, string(p.Evidence))
		b = append(b, '}')
	}
	b = append(b, ']')
	if len(u.Enforcement) > 0 && err == nil {
		var text []byte
		if text, err = json.Marshal(u.Enforcement); err != nil {
			return nil, err
		}
		b = append(append(b, `,"enforcement":`...), text...)
	}
	return append(b, "}\n"...), err
}

// appendQuote is jsontext.AppendQuote, which looks at one character after the other. Most
// names have nothing to escape.
func appendQuote(b []byte, text string) ([]byte, error) {
	for i := range len(text) {
		if c := text[i]; c < ' ' || c >= utf8.RuneSelf || c == '"' || c == '\\' {
			return jsontext.AppendQuote(b, text)
		}
	}
	return append(append(append(b, '"'), text...), '"'), nil
}

func (l *userLines) appendStanding(b []byte, s *readiness.Standing, err error) ([]byte, error) {
	if err != nil {
		return b, err
	}
	text, known := l.standings[s]
	if !known {
		if text, err = json.Marshal(s); err != nil {
			return b, err
		}
		text = text[1 : len(text)-1]
		l.standings[s] = text
	}
	return append(b, text...), nil
}
