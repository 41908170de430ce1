package conditionalaccess

import (
	"fmt"
	"slices"
	"strings"

	"passkeyaudit/audit/tri"
)

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

// Device is what a sign-in shows of the device, in the words of device filters:
// trustType is AzureAD, ServerAD or Workplace, not the phrases of sign-in logs.
//
// An attribute that nobody gave is unknown. It is null only if somebody said so or
// the device is unregistered. The zero value is a device of which nothing is
// known, not even whether it is registered. A Device is never changed: With and
// WithList answer a changed copy.
type Device struct {
	registered tri.Value // what was said; Registered adds what follows
	held       []heldAttr
}

// heldAttr is what is known of one property. A device has few, so they are looked
// for one after the other. Folded values are kept because filters ignore case and
// one device meets every filter of a tenant.
type heldAttr struct {
	property   deviceProperty
	attr       Attr
	folded     string
	list       []string // of a collection, if attr is a value
	foldedList []string
}

// NewDevice is a registered device of which nothing else is known.
func NewDevice() Device { return Device{registered: tri.Yes} }

// Unregistered is a device that Entra does not know: every attribute is null.
// Source: DEV (concept-condition-filters-for-devices, 2025-04-08).
func Unregistered() Device { return Device{registered: tri.No} }

// With is the device with a single-valued attribute. The name is that of a filter
// property, in any case and without "device."; the unknown Attr takes back what
// was given before.
func (d Device) With(name string, a Attr) (Device, error) {
	p, err := propertyByName(name)
	if err != nil {
		return d, err
	}
	if p.collection() {
		return d, fmt.Errorf("device.%s is a collection, not a single value", p)
	}
	h := heldAttr{property: p, attr: a, folded: foldCase(a.Value)}
	if p == propIsCompliant && a.state == attrValue && h.folded != "true" && h.folded != "false" {
		return d, fmt.Errorf("device.isCompliant is True or False, not %q", a.Value)
	}
	return d.with(h)
}

// WithList is the device with a collection: physicalIds or systemLabels. Nil is
// null; an empty slice is a collection without elements.
func (d Device) WithList(name string, values []string) (Device, error) {
	p, err := propertyByName(name)
	if err != nil {
		return d, err
	}
	if !p.collection() {
		return d, fmt.Errorf("device.%s is a single value, not a collection", p)
	}
	h := heldAttr{property: p, attr: Null()}
	if values != nil {
		h.attr, h.list = Text(""), slices.Clone(values)
		for _, v := range values {
			h.foldedList = append(h.foldedList, foldCase(v))
		}
	}
	return d.with(h)
}

func (d Device) with(h heldAttr) (Device, error) {
	if d.registered == tri.No {
		if h.attr.state == attrValue {
			return d, fmt.Errorf("device.%s: an unregistered device has no attributes", h.property)
		}
		return d, nil
	}
	held := make([]heldAttr, 0, len(d.held)+1)
	for _, old := range d.held {
		if old.property != h.property {
			held = append(held, old)
		}
	}
	if h.attr.Known() {
		held = append(held, h)
	}
	d.held = held
	return d, nil
}

// Attr is what is known of a single-valued attribute, by its name in any case. It
// is unknown for a name that is none. An extension attribute is given as it was
// set, whether or not a filter could read it.
func (d Device) Attr(name string) Attr {
	p, err := propertyByName(name)
	if err != nil || p.collection() {
		return Attr{}
	}
	if d.registered == tri.No {
		return Null()
	}
	if h := d.find(p); h != nil {
		return h.attr
	}
	return Attr{}
}

// List is what is known of a collection, by its name in any case.
func (d Device) List(name string) (values []string, known, null bool) {
	p, err := propertyByName(name)
	if err != nil || !p.collection() {
		return nil, false, false
	}
	if d.registered == tri.No {
		return nil, true, true
	}
	h := d.find(p)
	if h == nil {
		return nil, false, false
	}
	return slices.Clone(h.list), true, h.attr.IsNull()
}

// Given are the attributes that have values, by their names: texts, a boolean for
// isCompliant, lists of texts for collections.
func (d Device) Given() map[string]any {
	all := map[string]any{}
	for i := range d.held {
		h := &d.held[i]
		switch {
		case h.attr.state != attrValue:
		case h.property.collection():
			all[h.property.String()] = slices.Clone(h.list)
		case h.property == propIsCompliant:
			all[h.property.String()] = h.folded == "true"
		default:
			all[h.property.String()] = h.attr.Value
		}
	}
	return all
}

// Registered tells whether Entra knows the device. If nobody said so, an
// identifier, a trust type or compliance shows it: only registered devices have
// these. An operating system does not, because sign-ins show that of any device,
// nor does isCompliant False.
func (d Device) Registered() tri.Value {
	if d.registered != tri.Unsure {
		return d.registered
	}
	if d.find(propDeviceID).state() == attrValue || d.find(propTrustType).state() == attrValue || d.is(propIsCompliant, "true") == tri.Yes {
		return tri.Yes
	}
	return tri.Unsure
}

// tells is true if whether it is registered and all of some properties are known.
func (d *Device) tells(properties []string) bool {
	switch d.Registered() {
	case tri.No:
		return true
	case tri.Unsure:
		return false
	}
	return !slices.ContainsFunc(properties, func(name string) bool {
		p, err := propertyByName(name)
		return err == nil && d.find(p) == nil
	})
}

// find is what is held of a property, or nil.
func (d *Device) find(p deviceProperty) *heldAttr {
	for i := range d.held {
		if d.held[i].property == p {
			return &d.held[i]
		}
	}
	return nil
}

// state is that of the attribute; what is not held is unknown.
func (h *heldAttr) state() attrState {
	if h == nil {
		return attrUnknown
	}
	return h.attr.state
}

// is tells whether an attribute has a value, given folded.
func (d *Device) is(p deviceProperty, folded string) tri.Value {
	switch h := d.find(p); h.state() {
	case attrValue:
		return tri.Of(h.folded == folded)
	case attrNull:
		return tri.No
	default:
		return tri.Unsure
	}
}

// intuneAppID is the mdmAppId of devices that Intune manages.
const intuneAppID = "0000000a-0000-0000-c000-000000000000"

// extensionsReadable tells whether filters see the extension attributes: only of a
// device that Intune manages, that is compliant or that is hybrid joined [DEV].
// Devices of another management are not known to be one of Intune's, nor known not
// to be: co-managed ones name another application.
func (d *Device) extensionsReadable() tri.Value {
	managed := tri.Unsure
	switch h := d.find(propMDMAppID); {
	case h.state() == attrNull:
		managed = tri.No
	case h.state() == attrValue && h.folded == intuneAppID:
		managed = tri.Yes
	}
	return managed.Or(d.is(propIsCompliant, "true")).Or(d.is(propTrustType, "serverad"))
}

func propertyByName(name string) (deviceProperty, error) {
	for i, known := range devicePropertyNames {
		if i > 0 && strings.EqualFold(known, name) {
			return deviceProperty(i), nil
		}
	}
	return 0, fmt.Errorf("%q is no property of devices", name)
}
