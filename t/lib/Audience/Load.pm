# Audience::Load: random calls that change something, as the fault suite's oracle
# makes them (Audience::Oracle), one process a client.
#
# A client owns what it made: nobody else changes that, so that what must be there
# follows from its own calls.  It acts on things of earlier turns, whose state the
# oracle knows, and on nothing twice in a turn.
#
# Each call has a number of its own, from which all of it follows: the file is
# "f7.csv", its contacts have the phones of 7 and 7 in their column "lote", and
# user7@example.com asks, who therefore gets the e-mail about it and nobody else.
#
# A call is { op, kind, tenant, client, method, path, type, body, target, k }:
# target is the number of the call that made what this one changes, k how many
# people there are if it takes effect (of a change: the effect on their number).
# What is sent and what is answered goes into a journal, a line each, before and
# after: whatever the client does not live to write down is not known.

package Audience::Load;

use strict;
use warnings;

use JSON::PP ();
use POSIX ();
use Time::HiRes ();

use constant { OPS => 100, PHONES => 2000 };    # of a client's turn, of a call

my $json = JSON::PP->new->utf8->canonical;

# Codes of cities, so that there are phones for a run of hours.
my @areas = (11 .. 19, 21, 22, 24, 27, 28, 31 .. 35, 37, 38, 41 .. 49);

my %often = (import => 8, extras => 3, event => 3, conversation => 3,
             extras_file => 2, event_file => 2, conversation_file => 2,
             correction => 3, segmentation => 1,
             audience => 4, rename => 2, drop => 1, export => 4, erase => 2,
             undo => 2, together => 2, unrule => 1, cancel => 1);
my %kinds = (import => \&import_file, extras => \&extras, event => \&event,
             conversation => \&conversation, extras_file => \&extras_file,
             event_file => \&event_file,
             conversation_file => \&conversation_file,
             correction => \&correction, segmentation => \&segmentation,
             audience => \&audience,
             rename => \&rename_audience, drop => \&drop, export => \&export,
             erase => \&erase, undo => \&undo, together => \&together,
             unrule => \&unrule, cancel => \&cancel);


sub kinds { sort keys %kinds }


# Runs in a process of its own until SIGTERM: $made are the calls whose effect is
# known, by number; $first the first number of this client's.
sub run
{
    my ($class, %opt) = @_;

    my $l = bless { %opt, next => $opt{first}, used => {} }, $class;
    my @bag = map { ($_) x $often{$_} } sort keys %often;
    my $stop = 0;

    $SIG{TERM} = sub { $stop = 1 };
    $SIG{PIPE} = 'IGNORE';
    srand $opt{seed};

    open my $journal, '>', $opt{journal} or die "$opt{journal}: $!";
    $journal->autoflush(1);

    while (!$stop && $l->{next} < $l->{first} + OPS) {
        my $kind = $bag[rand @bag];
        my $call = $kinds{$kind}->($l) or next;

        $call->{kind} = $kind;
        print {$journal} $json->encode({ sent => $call }), "\n";
        my $r = $class->send($l->{t}, $call);

        print {$journal} $json->encode({ op => $call->{op}, %$r,
                                         at => Time::HiRes::time() }), "\n";
        $l->took($call, $r) if $r->{status} =~ /^2/;
        Time::HiRes::sleep(0.02) if $r->{status} >= 500;
    }
    POSIX::_exit(0);
}


# The same call is the same bytes, key and person each time.
sub send
{
    my ($class, $t, $call) = @_;

    my $r = $t->call($call->{method}, $call->{path}, $call->{body},
                     tenant => $call->{tenant}, user => user($call->{op}),
                     type => $call->{type}, timeout => 60,
                     headers => { 'Idempotency-Key' => "k$call->{op}" });

    return { status => $r->{status}, json => $r->{json},
             location => $r->{headers}{location},
             $r->{status} !~ /^2/ ? (text => $r->{text}) : () };
}


sub user { "user$_[0]\@example.com" }


sub phone
{
    my ($op, $i) = @_;
    my $n = $op * PHONES + $i;

    return sprintf '+55%d9%08d', $areas[$n / 1e8], $n % 1e8;
}


# What was made in this turn can be used in it: whoever asks for an export waits
# for no other call.
sub took
{
    my ($l, $call, $r) = @_;

    $l->{new}{ $call->{op} } = { %$call, id => $r->{json}{id},
                                 job => $r->{json}{job}, fresh => 1 };
}


# Something that this client made and that a call may change: of that kind, and
# such that $fit says yes.  Nothing is taken twice in a turn.
sub pick
{
    my ($l, $kind, $fit) = @_;

    my @all = grep { $_->{kind} eq $kind && !$l->{used}{ $_->{op} }
                     && $fit->($_) }
              (map { $l->{made}{$_} }
                   grep { $l->{made}{$_}{client} == $l->{client} }
                        sort { $a <=> $b } keys %{ $l->{made} }),
              map { $l->{new}{$_} } sort { $a <=> $b } keys %{ $l->{new} };

    return @all ? $all[rand @all] : undef;
}


sub new_call
{
    my ($l, $method, $path, $body, %more) = @_;

    return { op => $l->{next}++, client => $l->{client},
             tenant => $l->{tenant}, method => $method, path => $path,
             defined $body ? (body => ref $body ? $json->encode($body) : $body)
                           : (), k => 0, %more };
}


# A call that changes that thing, which nothing else may do from now on.
sub change
{
    my ($l, $thing, $method, $path, $body) = @_;

    $l->{used}{ $thing->{op} } = 1;
    return new_call($l, $method, $path, $body, target => $thing->{op});
}


# --- calls that make something ------------------------------------------------

# Of a few contacts mostly; of a thousand now and then, for a job that takes long.
sub import_file
{
    my ($l) = @_;

    my $op = $l->{next};
    my $k = rand() < 0.04 ? 1000 : 2 + int rand 20;

    return new_call($l, 'POST', "/v1/imports?filename=f$op.csv",
                    contacts($op, $k), type => 'text/csv', k => $k);
}


# Two columns by which people fall into two groups, for segmentations.
sub contacts
{
    my ($op, $k) = @_;
    return "phoneNumber,lote,nome do lote,plano,canal\n"
           . join '', map { phone($op, $_) . ",$op,row $_ of $op,"
                            . ($_ % 2 ? "Ouro,app\n" : "Prata,loja\n") } 1 .. $k;
}


# A file of another kind than contacts, as another way to say what lines say.
sub file_call
{
    my ($l, $kind, $k, @rows) = @_;

    return new_call($l, 'POST', "/v1/imports?kind=$kind&filename=f$l->{next}.csv",
                    join('', map { join(',', @$_) . "\n" } @rows),
                    type => 'text/csv', k => $k);
}


sub lines_call
{
    my ($l, $path, $k, @lines) = @_;

    return new_call($l, 'POST', $path,
                    join('', map { $json->encode($_) . "\n" } @lines),
                    type => 'application/x-ndjson', k => $k);
}


sub extras
{
    my ($l) = @_;

    my $op = $l->{next};
    my $k = 1 + int rand 10;

    return lines_call($l, '/v1/extras', $k, map {
        { phone => phone($op, $_), extras => { lote => "$op" } } } 1 .. $k);
}


sub extras_file
{
    my ($l) = @_;

    my $op = $l->{next};
    my $k = 1 + int rand 10;

    return file_call($l, 'extras', $k, [qw(phone lote)],
                     map { [phone($op, $_), $op] } 1 .. $k);
}


# Three messages to a new contact; and those of an earlier call once more, which
# count once.
sub event
{
    my ($l) = @_;

    my $op = $l->{next};
    my $before = pick($l, 'event', sub { 1 });

    return lines_call($l, '/v1/campaigns/events', 1, map {
        my $of = $_;
        map { { id => "e$of-$_", campaign => 'Natal', phone => phone($of, 1),
                status => 'sent', at => "2026-11-0${_}T12:00:00Z" } } 1 .. 3
    } $op, $before && !$before->{fresh} && $before->{people}[0]
           ? $before->{op} : ());
}


sub event_file
{
    my ($l) = @_;
    my $op = $l->{next};

    return file_call($l, 'campaigns', 1, [qw(id campaign phone status at)],
        map { ["e$op-$_", 'Natal', phone($op, 1), 'sent',
               "2026-11-0${_}T12:00:00Z"] } 1 .. 3);
}


sub conversation
{
    my ($l) = @_;
    my $op = $l->{next};

    return lines_call($l, '/v1/conversations', 1, {
        id => "c$op", phone => phone($op, 1), messages => [ map {
            { id => "m$_", at => "2026-11-0${_}T12:00:00Z", from => 'customer',
              text => "Quero comprar, quanto custa o $_?" } } 1 .. 3 ] });
}


sub conversation_file
{
    my ($l) = @_;
    my $op = $l->{next};

    return file_call($l, 'conversations', 1,
        [qw(conversation message at from text phone)],
        map { ["c$op", "m$_", "2026-11-0${_}T12:00:00Z", 'customer',
               "\"Quero comprar, quanto custa o $_?\"", phone($op, 1)] } 1 .. 3);
}


# Groups of all the people of a tenant: who asks while one is under way gets that.
# The more people there are the longer it takes, and the rarer it is.
sub segmentation
{
    my ($l) = @_;

    return if rand() > 400 / (400 + keys %{ $l->{made} });
    return new_call($l, 'POST', '/v1/segmentations', {});
}


# Of a file that nothing else changes from now on, so that its size is known.
sub audience
{
    my ($l) = @_;

    my $file = pick($l, 'import', sub { !$_[0]{fresh} && $_[0]{people}[0]
                                        && !$_[0]{ruled} }) or return;
    my $call = change($l, $file, 'POST', '/v1/audiences',
        { name => 'a' . $l->{next}, filter => { field => 'lote',
          op => 'equals', value => "$file->{op}" } });

    $call->{members} = $file->{people}[0];
    return $call;
}


# --- calls that change something ----------------------------------------------

# Of lines or of a file, corrected once more or for the first time.
sub correction
{
    my ($l) = @_;

    my $kind = rand() < 0.5 ? 'conversation' : 'conversation_file';
    my $talk = pick($l, $kind, sub { !$_[0]{fresh} && $_[0]{people}[0] })
        or return;
    my $value = (qw(positive negative neutral))[rand 3];

    return { %{ change($l, $talk, 'PUT', "/v1/conversations/c$talk->{op}/labels",
                       { sentiment => $value }) }, label => $value };
}


sub has_id { $_[0]{id} && (!$_[0]{names} || defined $_[0]{names}[0]) }


sub rename_audience
{
    my ($l) = @_;

    my $audience = pick($l, 'audience', \&has_id) or return;
    my $call = change($l, $audience, 'PATCH', "/v1/audiences/$audience->{id}",
                      { name => 'a' . $l->{next} });

    $call->{name} = "a$call->{op}";
    return $call;
}


sub drop
{
    my ($l) = @_;

    my $audience = pick($l, 'audience', \&has_id) or return;
    return change($l, $audience, 'DELETE', "/v1/audiences/$audience->{id}");
}


sub export
{
    my ($l) = @_;

    my $audience = pick($l, 'audience', \&has_id) or return;
    my $call = change($l, $audience, 'POST',
                      "/v1/audiences/$audience->{id}/exports", {});

    @$call{qw(audience members)} = @$audience{qw(id members)};
    return $call;
}


# A file that has all its people, and nothing was done to.
sub whole
{
    my ($file) = @_;
    return $file->{id} && !$file->{fresh} && !$file->{changed}
           && $file->{people}[0] > 1;
}


sub erase
{
    my ($l) = @_;

    my $file = pick($l, 'import', \&whole) or return;
    my $phone = Audience::Client::escape(phone($file->{op}, 1));
    my $found = $l->{t}->get("/v1/profiles?phone=$phone",
                             tenant => $l->{tenant});
    my ($person) = @{ $found->{json}{items} || [] } or return;

    return { %{ change($l, $file, 'DELETE', "/v1/profiles/$person->{id}") },
             k => -1, person => $person->{id} };
}


sub undo
{
    my ($l) = @_;

    my $file = pick($l, 'import', \&whole) or return;
    return { %{ change($l, $file, 'DELETE', "/v1/imports/$file->{id}") },
             k => -$file->{people}[0] };
}


# Two rows of a file are one person, for a person says so.
sub together
{
    my ($l) = @_;

    my $file = pick($l, 'import', \&whole) or return;
    return { %{ change($l, $file, 'POST', '/v1/resolution/rules',
        { type => 'together', one => [ map { { import => $file->{id},
                                               line => $_ } } 2, 3 ] }) },
             k => -1 };
}


sub unrule
{
    my ($l) = @_;

    my $rule = pick($l, 'together', sub { !$_[0]{fresh} && $_[0]{id}
                                          && !$_[0]{gone} }) or return;
    return { %{ change($l, $rule, 'DELETE',
                       "/v1/resolution/rules/$rule->{id}") }, k => 1 };
}


# The job of a file that was just uploaded: it may have ended already.
sub cancel
{
    my ($l) = @_;

    my $file = pick($l, 'import', sub { $_[0]{fresh} }) or return;
    return { %{ change($l, $file, 'POST', "/v1/jobs/$file->{job}/cancel",
                       {}) }, k => -$file->{k} };
}

1;
