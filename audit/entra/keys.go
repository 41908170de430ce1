package entra

// The keys that identify rows of a collection in evidence and messages.

func (u *User) Key() string                         { return u.ID }
func (g *Group) Key() string                        { return g.ID }
func (g *GroupMembers) Key() string                 { return g.GroupID }
func (a *RoleAssignment) Key() string               { return a.ID }
func (d *Domain) Key() string                       { return d.ID }
func (m *UserMethods) Key() string                  { return m.UserID }
func (d *UserRegistrationDetails) Key() string      { return d.ID }
func (p *ConditionalAccessPolicy) Key() string      { return p.ID }
func (s *AuthenticationStrengthPolicy) Key() string { return s.ID }

func (l *NamedLocation) Key() string { return l.ID }
