package snapshot

import (
	"context"
	"errors"
	"fmt"
	"iter"

	"passkeyaudit/audit/entra"
)

// Object is a decoded row.
type Object[T any] struct {
	Value T
	Row   Row // Raw is nil unless QuotedObjects was asked
}

// Objects yields the rows of a section decoded as T, in order. A row with a
// modelled member of the wrong type is left out and recorded as unreadable.
// Every section is always decoded as the one type that models it, so that the
// set of unreadable rows does not depend on who reads. The last element may be
// an error.
func Objects[T any](ctx context.Context, s *Snapshot, id SectionID) iter.Seq2[Object[T], error] {
	keep := func(row Row, v *T) Object[T] { return Object[T]{Value: *v, Row: Row{File: row.File, Line: row.Line}} }
	return rowsAs(ctx, s, id, keepsAll, nil, func() rowMap[T, Object[T]] { return keep })
}

// Mapped is Objects for large sections of which little is kept: it yields what a
// function makes of each row. The rows are decoded in several goroutines, and the
// function runs there. newMap gives the function for a run of rows; one is used by
// one goroutine, several at a time. The T is used again for the next row: texts in it
// may be kept, lists and what pointers lead to may not.
func Mapped[T, R any](ctx context.Context, s *Snapshot, id SectionID, newMap func() func(*T) R) iter.Seq2[R, error] {
	return mapped(ctx, s, id, keepsTexts, nil, newMap)
}

// MappedWhere is Mapped for a reader who needs few rows and knows which: their numbers,
// from 0, as he counted them when he read the whole section and all of it could be read.
// Others are not decoded where it is known how many rows each file has, and are where it
// is not: wanted saves work and decides nothing.
func MappedWhere[T, R any](ctx context.Context, s *Snapshot, id SectionID, wanted func(row int) bool, newMap func() func(*T) R) iter.Seq2[R, error] {
	return mapped(ctx, s, id, keepsTexts, wanted, newMap)
}

// Folded is Mapped for functions that keep nothing of a row: a text that is to be kept
// has to be cloned, because it may be a part of the row's memory, which is used again for
// another row. Reading texts by the million without keeping them then costs no memory.
func Folded[T, R any](ctx context.Context, s *Snapshot, id SectionID, newMap func() func(*T) R) iter.Seq2[R, error] {
	return mapped(ctx, s, id, keepsNothing, nil, newMap)
}

func mapped[T, R any](ctx context.Context, s *Snapshot, id SectionID, k keeps, wanted func(row int) bool, newMap func() func(*T) R) iter.Seq2[R, error] {
	return rowsAs(ctx, s, id, k, wanted, func() rowMap[T, R] {
		of := newMap()
		return func(_ Row, v *T) R { return of(v) }
	})
}

func rowsAs[T, R any](ctx context.Context, s *Snapshot, id SectionID, k keeps, wanted func(row int) bool, newMap func() rowMap[T, R]) iter.Seq2[R, error] {
	return func(yield func(R, error) bool) {
		d := decoding[T, R]{s: s, id: id, newMap: newMap, keeps: k}
		if wanted != nil {
			if d.first = s.firstRows(id); d.first != nil {
				d.only = wanted
			}
		}
		for c := range d.chunks(ctx) {
			s.setUnreadable(c.unreadable...)
			for i := range c.values {
				if !yield(c.values[i], nil) {
					return
				}
			}
			if c.err != nil {
				var none R
				yield(none, c.err)
				return
			}
		}
	}
}

// QuotedObjects is Objects for sections of few rows; each object keeps its text.
func QuotedObjects[T any](ctx context.Context, s *Snapshot, id SectionID) iter.Seq2[Object[T], error] {
	return func(yield func(Object[T], error) bool) {
		for row, err := range s.Rows(ctx, id) {
			if err != nil {
				yield(Object[T]{}, err)
				return
			}
			o := Object[T]{Row: Row{Raw: row.Raw.Clone(), File: row.File, Line: row.Line}}
			bad, err := decodeRow(id, row, &o.Value)
			if err != nil {
				yield(Object[T]{}, err)
				return
			}
			if bad != nil {
				s.setUnreadable(*bad)
				continue
			}
			if !yield(o, nil) {
				return
			}
		}
	}
}

// SingletonObject decodes the object of a singleton section. raw is nil where the
// section holds no readable object: its Status says why.
func SingletonObject[T any](ctx context.Context, s *Snapshot, id SectionID) (value T, raw entra.Raw, err error) {
	for o, err := range QuotedObjects[T](ctx, s, id) {
		// A second element can only be the error of the file's end.
		if err != nil {
			var zero T
			return zero, nil, err
		}
		value, raw = o.Value, o.Row.Raw
	}
	return value, raw, nil
}

// decodeRow decodes a row into v. A row to be left out comes back as bad; the
// error is a *BrokenError for text that is not JSON.
func decodeRow(id SectionID, row Row, v any) (bad *Unreadable, err error) {
	spec, _ := Spec(id)
	derr := entra.Decode(row.Raw, v)
	if derr == nil && !hasKey(v) {
		derr = fmt.Errorf("the member %q is missing", spec.Key)
	}
	if derr == nil && row.Raw.Kind() == '{' {
		return nil, nil
	}
	if errors.Is(derr, entra.ErrSyntax) {
		return nil, broken(id, row.File, row.Line, derr)
	}
	if row.Raw.Kind() != '{' {
		derr = errors.New("not an object")
	}
	return &Unreadable{Section: id, File: row.File, Line: row.Line, Object: rowKey(row.Raw, spec.Key), Err: derr}, nil
}

// hasKey tells whether a decoded row has what identifies it, if its section has keys.
func hasKey(v any) bool {
	keyed, is := v.(interface{ Key() string })
	return !is || keyed.Key() != ""
}
