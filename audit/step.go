package audit

import "passkeyaudit/audit/change"

// Step is one change that would resolve a finding. Every step that changes what the
// tenant's policies say can be tried on the snapshot, and says how in one of Edits,
// Objects and Includes; every other step says in Untried why there is nothing to try.
// Checks make steps by the functions below; package preview tries them.
type Step struct {
	Change string

	// Edits are the change itself, as requests to Graph: what `preview --change` takes.
	Edits []change.Request
	// Objects give way, in whatever manner lets people through: what blockedBy names,
	// where how it gives way is for the administrators to decide.
	Objects []Object
	// Includes are people whom the change brings into the scope of the passkey method.
	Includes Set
	Untried  Untried

	// Frees counts the people who have no way to a passkey until the change is made and
	// have one then, Worsens those whose standing it makes worse. Zero where the step was
	// not tried, or nobody is: a freed nobody is never shown. Unsure counts the people of
	// whom neither is known.
	Frees, Worsens, Unsure int
}

// Object is a thing in a tenant's policies, by the type and id that blockedBy has.
type Object struct{ Type, ID string }

// Untried is why a step was not tried; empty where it was, or will be.
type Untried string

const (
	// Outside: nothing changes in what the policies say. People do it, or it is done to
	// devices, in another product, or by hand for each person.
	Outside Untried = "outside"
	// Undecided: policies change, and in which way is for the administrators to choose.
	// They can try it themselves by a preview.
	Undecided Untried = "undecided"
	// NotJudged: what has to be read to judge ways to a passkey is missing.
	NotJudged Untried = "notJudged"
)

// Do is a step that changes nothing in what the policies say.
func Do(text string) Step { return Step{Change: text, Untried: Outside} }

// Decide is a step that changes policies in a way that the administrators choose.
func Decide(text string) Step { return Step{Change: text, Untried: Undecided} }

// Edit is a step made by these requests to Graph.
func Edit(text string, requests ...change.Request) Step { return Step{Change: text, Edits: requests} }

// Include is a step that brings people into the scope of the passkey method.
func Include(text string, people Set) Step { return Step{Change: text, Includes: people} }

// Tried tells whether it was counted what the step does to people, once the steps of a
// run have been tried.
func (s *Step) Tried() bool { return s.Untried == "" }
