# A small Redmine for the tests: two projects with versions and issues of a school year, and who may read them.
Setting.rest_api_enabled = '1'
Setting.default_language = 'en'
Setting.notified_events = []
admin = User.find_by(login: 'admin')
admin.update_columns(must_change_passwd: false)
User.current = admin

role = Role.create!(name: 'Reader', permissions: [:view_issues], issues_visibility: 'default')
tracker = Tracker.create!(name: 'Action', default_status: IssueStatus.find_by(name: 'New'))

def person(login, first, last)
  one = User.new(firstname: first, lastname: last, mail: "#{login}@example.org", language: 'en')
  one.login = login
  one.password = one.password_confirmation = 'a-long-password'
  one.save!
  one
end
reader = person('firstbell', 'First', 'Bell')
desk = person('netdesk', 'Network', 'Desk')
Token.where(user_id: reader.id).delete_all
Token.create!(user: reader, action: 'api').update_columns(value: ENV.fetch('READER_KEY'))

def project(name, identifier, role, members, parent = nil)
  one = Project.new(name: name, is_public: false)
  one.identifier = identifier
  one.trackers = Tracker.all.to_a
  one.enabled_module_names = %w[issue_tracking]
  one.save!
  one.set_parent!(parent) if parent
  members.each { |member| Member.create!(user: member, project: one, roles: [role]) }
  one.reload
end
assigned = Role.create!(name: 'Worker', permissions: [:view_issues], issues_visibility: 'default', assignable: true)
whole = project('Gradebook', 'gradebook', role, [reader])
oak = project('Gradebook at Oak', 'gradebook-oak', role, [reader], whole)
project('Payroll', 'payroll', role, [])
[whole, oak].each { |one| Member.create!(user: desk, project: one, roles: [assigned]) }

done = Version.create!(project: whole, name: 'Pilot', effective_date: '2026-10-01', sharing: 'descendants')
Version.create!(project: whole, name: 'All schools', effective_date: '2027-01-15', sharing: 'descendants')
Version.create!(project: whole, name: 'Some day')
Version.create!(project: oak, name: 'Oak trained', effective_date: '2026-12-11')
done.update!(status: 'closed')
Version.where(id: done.id).update_all(updated_on: '2026-10-03 02:30:00')

closed = IssueStatus.find_by(name: 'Closed')
rejected = IssueStatus.find_by(name: 'Rejected')
priority = IssuePriority.first
130.times do |number|
  issue = Issue.create!(project: number < 120 ? whole : oak, tracker: tracker, author: admin, priority: priority,
                        subject: "Promise #{number}", description: 'Jane in room 12 called us',
                        assigned_to: number == 0 ? desk : nil)
  facts = { created_on: '2026-10-06 15:00:00', updated_on: '2026-11-02 15:00:00' }
  facts.merge!(status_id: closed.id, closed_on: '2026-11-02 15:00:00') if number.between?(1, 30)
  facts.merge!(status_id: rejected.id, closed_on: '2026-11-02 15:00:00') if number == 31
  facts[:due_date] = '2026-12-01' if number == 0
  Issue.where(id: issue.id).update_all(facts)
end
