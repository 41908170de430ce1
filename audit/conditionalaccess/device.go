package conditionalaccess

// Attr is an attribute of a device: a value, null, or not known. The zero value
// is not known.
type Attr struct {
	Value string
	state attrState
}

type attrState uint8

const (
	attrUnknown attrState = iota
	attrNull
	attrValue
)

// Null is an attribute that the device does not have.
func Null() Attr { return Attr{state: attrNull} }

// Text is an attribute with a value. Booleans are "True" and "False".
func Text(value string) Attr { return Attr{Value: value, state: attrValue} }

// Known tells whether anything is known of the attribute, be it that it is null.
func (a Attr) Known() bool { return a.state != attrUnknown }

// IsNull tells whether the attribute is known to be null.
func (a Attr) IsNull() bool { return a.state == attrNull }

// Device is what a sign-in shows of the device. The zero value is a device of
// which nothing is known.
type Device struct {
	unregistered bool
	attrs        map[string]Attr   // single-valued, by property name in lower case
	lists        map[string][]Attr // physicalIds and systemLabels
}

// Unregistered is a device that Entra does not know: every attribute is null.
// Source: DEV (concept-condition-filters-for-devices, 2025-04-08).
func Unregistered() Device { return Device{unregistered: true} }
