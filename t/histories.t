# Random histories: imports, their undoing, splits, rules of all kinds, people who
# are erased, other settings, and a worker that is killed at any of these.  After each step nobody is
# missing and ids are those of their people.  In the end there are the people,
# fields and counts of a base that was given only what is left, and every id that
# was ever seen answers.

use lib 't/lib';
use Audience::People ();
use Audience::Test;
use List::Util qw(max min shuffle);

use constant { HISTORIES => 4, STEPS => 16 };

my %often = (import => 5, undo => 2, split => 3, together => 2, apart => 2,
             blocked => 1, unrule => 1, settings => 1, erase => 2);
my %steps = (import => \&import, undo => \&undo, split => \&split_one,
             together => sub { rule('together') }, apart => sub { rule('apart') },
             blocked => \&blocked, unrule => \&unrule, settings => \&settings,
             erase => \&erase);
my @points = qw(started prepared committed returned);
my @erasing = map { "erase:$_" } qw(true listed spooled rewritten revoked purged);
my $t = Audience::Test->start(worker => { 'import.area_code' => '11' });
my (%did, %h, $doomed);

srand($ENV{SEED} // 20260611);
history($_) for 1 .. HISTORIES;

unless ($ENV{SEED}) {
    cmp_ok($did{$_} // 0, '>', 0, "$_ is among them")
        for sort(keys %steps), 'contradiction', 'kill';
}
$t->finish;


# A tenant, its files [{ id, marks => [1, 2, …], gone }], what each row says,
# rules { id => { type, one => [marks], other => [marks] } }, and the row that
# each id is of.
sub history
{
    my ($n) = @_;
    my $tenant = "live$n";

    %h = (tenant => $tenant, people => Audience::People->new($t, $tenant),
          files => [], rows => {}, rules => {}, ids => {});
    # settings find everybody anew, and so would mend what a step did wrong

    my @bag = map { ($_) x $often{$_} } grep { $_ ne 'settings' || $n % 2 }
              sort keys %often;

    step($_) for qw(import import settings),
                 map { $bag[rand @bag] } 1 .. STEPS;
    same_as_plain("plain$n", @{ $h{files} });
    step('import');
    same_as_plain("shuffled$n", shuffle @{ $h{files} });
    ids_answer();
}


sub step
{
    my ($what) = @_;
    my $type = $what eq 'import' ? 'import' : 'resolve';

    if ($what ne 'settings' && rand() < 0.3) {
        my @at = ((map { "$type:$_" } @points),
                  $what eq 'erase' ? @erasing : ());

        $doomed = $at[rand @at];
        $t->stop_worker;
        $t->start_worker(env => { AUDIENCE_FAULT => $doomed });
    }

    my $said = "$what " . ($doomed ? "killed at $doomed" : 'done');
    $did{$what}++ if $steps{$what}->();

    if ($doomed) {                      # there was nothing to do
        $t->stop_worker;
        $t->start_worker;
        undef $doomed;
    }

    $t->wait_visible(tenant => $h{tenant});
    nobody_is_missing($said);
}


# A call, which is sent again where the worker was killed before it could answer;
# what it asks for is done when this returns.
sub call
{
    my ($method, $path, @more) = @_;
    my @call = ($path, @more, tenant => $h{tenant},
                headers => { 'Idempotency-Key' => 'key' . ++$h{keys} });
    my $r = $t->$method(@call);

    if ($doomed && ($r->{status} == 202 || $r->{status} >= 500)) {
        my $status = $t->reap('worker', 120);

        is($status && $status & 127, 9, "killed at $doomed");
        undef $doomed;
        $did{kill}++;
        $t->start_worker;
        $r = $t->$method(@call) if $r->{status} >= 500;
    }

    settled();
    return $r;
}


sub settled
{
    $t->wait_for('jobs to end', sub {
        !grep { $_->{type} =~ /^(import|resolve|rebuild)$/
                && $_->{state} !~ /^(done|dead|cancelled)$/ }
              @{ $t->get('/v1/jobs?limit=1000', tenant => $h{tenant})
                   ->{json}{items} };
    });
}


# --- steps --------------------------------------------------------------------

sub import
{
    my @rows = map { Audience::People::random_row(++$h{marks}) }
               1 .. 1 + int rand 12;
    my @notes = int rand 4 ? (1 .. 9, '') : ('bom', 'ruim');

    for my $row (@rows) {               # in a world so small that people meet
        $row->{phone} = $row->{phone} && $row->{phone} % 20 + 1;
        $row->{phone} ||= 1 unless $row->{email} || $row->{cpf};
        $row->{nota} = $notes[rand @notes];
        $h{rows}{ $row->{mark} } = $row;
    }

    my $r = call('upload', 'crm.csv', $h{people}->csv(@rows));

    is($r->{status}, 202, 'a file is accepted') or diag($r->{text});
    push @{ $h{files} }, { id => $r->{json}{id},
                           marks => [map { $_->{mark} } @rows] };
    left_out($r->{json}{id}, @rows);
}


# Rows of a new file that are about who was erased.
sub left_out
{
    my ($import, @rows) = @_;

    $t->wait_visible(tenant => $h{tenant});

    my %there = map { $_ => 1 } map { split /\+/ } keys %{{ $h{people}->ids }};
    my $rows = $t->get("/v1/imports/$import", tenant => $h{tenant})->{json}{rows};
    my @out = grep { !$there{ $_->{mark} } } @rows;

    is(@out, $rows->{erased} // 0, 'as many are left out as it says');
    $_->{gone} = 1 for @out;
    return 1;
}


sub undo
{
    my @there = grep { !$_->{gone} } @{ $h{files} };
    my $file = $there[rand @there] or return 0;

    is(call('delete', "/v1/imports/$file->{id}")->{status}, 202,
       'a file is undone');
    return $file->{gone} = 1;
}


sub split_one
{
    my %ids = $h{people}->ids;
    my @many = grep { /\+/ } sort keys %ids or return 0;
    my $one = $many[rand @many];
    my ($first, @marks) = shuffle split /\+/, $one;
    my @out = ($first, splice @marks, 0, int rand @marks);

    return post_rule({ type => 'apart', one => \@out, other => \@marks },
                     { records => [map { record($_) } @out] },
                     "/v1/profiles/$ids{$one}/split");
}


sub rule
{
    my ($type) = @_;
    my %there = map { $_ => 1 } present();
    my ($one, $two) = shuffle sort keys %there;
    my ($other) = shuffle grep { @{ $_->{one} // [] } > 1 }
                          map { $h{rules}{$_} } sort keys %{ $h{rules} };

    # now and then of what another rule says

    if ($other && rand() < 0.3) {
        my @same = grep { $there{$_} } @{ $other->{one} };
        ($one, $two) = @same if @same > 1;
    }

    my %rule = (type => $type, $type eq 'together'
                ? (one => [$one, $two]) : (one => [$one], other => [$two]));

    return 0 unless defined $two;
    return post_rule(\%rule, { type => $type, map { $_ => [map { record($_) }
                                                           @{ $rule{$_} }] }
                               grep { $rule{$_} } qw(one other) });
}


sub blocked
{
    my ($mark) = shuffle grep { $h{rows}{$_}{phone} } present() or return 0;
    my %rule = (type => 'blocked', kind => 'phone',
                value => phone($mark));

    return post_rule(\%rule, \%rule);
}


sub post_rule
{
    my ($rule, $body, $path) = @_;
    my $expected = contradicts(values %{ $h{rules} }, $rule) ? 409 : 202;
    my $r = call('post', $path // '/v1/resolution/rules', $body);

    is($r->{status}, $expected, "a rule, $rule->{type}") or diag($r->{text});

    if ($r->{status} == 409) {
        like($r->{json}{detail}, qr/Rule rul_\w+ keeps .* rul_\w+/, 'says why');
        return $did{contradiction}++ * 0;
    }
    return $h{rules}{ $r->{json}{id} } = $rule;
}


sub unrule
{
    my ($id) = shuffle sort keys %{ $h{rules} } or return 0;

    is(call('delete', "/v1/resolution/rules/$id")->{status}, 202,
       "without the rule, $h{rules}{$id}{type}");
    return delete $h{rules}{$id};
}


# The whole person goes, and who says the same later stays out.
sub erase
{
    my %ids = $h{people}->ids;
    my ($one) = shuffle sort keys %ids or return 0;

    is(call('delete', "/v1/profiles/$ids{$one}")->{status}, 202,
       "$one is erased");
    $_->{gone} = 1 for @{ $h{rows} }{ split /\+/, $one };

    # and rules about a value that nobody else has

    my %left = map { $_->{id} => 1 }
               @{ $t->get('/v1/resolution/rules?limit=1000',
                          tenant => $h{tenant})->{json}{items} };
    my @went = grep { !$left{$_} } sort keys %{ $h{rules} };
    my @wrong = grep {
        my $rule = $h{rules}{$_};
        $rule->{type} ne 'blocked' || grep { $rule->{value} eq phone($_) } present();
    } @went;

    is("@wrong", '', 'with no rule that others need');
    delete @{ $h{rules} }{@went};
    return 1;
}


sub settings
{
    $t->restart_worker('resolution.max_people_phone' => $h{low}++ % 2 ? 8 : 2);
    settled();
    return 1;
}


# --- what is expected -----------------------------------------------------------

sub present
{
    return grep { !$h{rows}{$_}{gone} } map { @{ $_->{marks} } }
           grep { !$_->{gone} } @{ $h{files} };
}


sub phone { sprintf '+55119876543%02d', $h{rows}{ $_[0] }{phone} || 0 }


sub record
{
    my ($mark, $files) = @_;

    for my $file (@{ $files // $h{files} }) {
        my ($i) = grep { $file->{marks}[$_] == $mark } 0 .. $#{ $file->{marks} };

        next if $files && $h{rows}{$mark}{gone};
        return { import => $file->{id}, line => $i + 2 } if defined $i;
    }
    return;
}


# Whether a rule keeps apart what others put together, of rows that are there.
sub contradicts
{
    my @rules = @_;
    my %there = map { $_ => 1 } present();
    my %group = map { $_ => $_ } keys %there;

    for my $rule (grep { $_->{type} eq 'together' } @rules) {
        my ($one, $two) = grep { $there{$_} } @{ $rule->{one} };
        next unless defined $two;

        my ($from, $to) = @group{$one, $two};
        $_ == $from and $_ = $to for values %group;
    }

    for my $rule (grep { $_->{type} eq 'apart' } @rules) {
        my %one = map { $group{$_} => 1 } grep { $there{$_} } @{ $rule->{one} };
        return 1 if grep { $there{$_} && $one{ $group{$_} } }
                         @{ $rule->{other} };
    }
    return 0;
}


# Every row that is there is in one profile, whose id is that of its oldest row.
sub nobody_is_missing
{
    my ($said) = @_;
    my %ids = $h{people}->ids;
    my @marks = sort { $a <=> $b } map { split /\+/ } keys %ids;
    my @wrong;

    for my $one (keys %ids) {
        my $oldest = min split /\+/, $one;

        push @wrong, "$ids{$one}: $one"
            if ($h{ids}{ $ids{$one} } //= $oldest) != $oldest;
    }

    is("@marks", join(' ', sort { $a <=> $b } present()), "$said: all are there");
    is("@wrong", '', '… by the ids of their oldest rows');
}


sub ids_answer
{
    my %there = map { $_ => 1 } present();
    my @lost = grep {
        my $mark = $h{ids}{$_};
        my $profile = $t->get("/v1/profiles/$_", tenant => $h{tenant})->{json};

        $there{$mark} && !$profile->{fields}{"row $mark"};
    } sort keys %{ $h{ids} };

    is("@lost", '', keys(%{ $h{ids} }) . ' ids answer');
}


# A base of the same files and rules, of which nothing was ever taken back.
sub same_as_plain
{
    my ($tenant, @files) = @_;
    my $live = $h{people};
    my $p = Audience::People->new($t, $tenant);
    my @plain;

    for my $file (grep { !$_->{gone} } @files) {
        my @rows = map { $h{rows}{$_} } @{ $file->{marks} };
        my @left = grep { !$_->{gone} } @rows or next;
        my $import = $p->import(@rows);

        push @plain, { id => $import->{id},
                       marks => [map { $_->{mark} } @left] };
    }

    for my $id (sort keys %{ $h{rules} }) {
        my $body = plain_rule($h{rules}{$id}, \@plain) or next;
        my $r = $t->post('/v1/resolution/rules', $body, tenant => $tenant);

        is($r->{status}, 202, 'a rule of it') or diag($r->{text});
        $t->wait_job($r->{json}{job}, tenant => $tenant);
    }

    $t->wait_visible(tenant => $tenant);
    is($live->people, $p->people, "$h{tenant}: people are those of $tenant");
    is_deeply(report($h{tenant}), report($tenant), '… as the report says');
    return if $tenant =~ /shuffled/;

    is_deeply($live->fields, $p->fields, '… with all that they say');
    is_deeply(fields($h{tenant}), fields($tenant), '… and its counts');
}


sub plain_rule
{
    my ($rule, $files) = @_;

    return $rule if $rule->{type} eq 'blocked';

    my %body = (type => $rule->{type}, map {
        my $side = $_;
        ($side => [grep { defined } map { record($_, $files) }
                   @{ $rule->{$side} }])
    } grep { $rule->{$_} } qw(one other));

    return if $body{other} ? !@{ $body{one} } || !@{ $body{other} }
                           : @{ $body{one} } < 2;
    return \%body;
}


sub report
{
    my ($tenant) = @_;
    my $report = $t->get('/v1/resolution/report', tenant => $tenant)->{json};

    return { profiles => $report->{profiles}, records => $report->{records},
             by_records => $report->{by_records},
             blocked => [sort map { "$_->{kind} $_->{value} $_->{why}" }
                              @{ $report->{blocked}{items} }] };
}


sub fields
{
    my ($tenant) = @_;

    return { map { $_->{name} => "$_->{type} $_->{filled} $_->{distinct}" }
             grep { $_->{filled}
                    && $_->{name} !~ /^(created_at|updated_at|sources)$/ }
             @{ $t->get('/v1/fields', tenant => $tenant)->{json}{items} } };
}
