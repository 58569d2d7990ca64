# Costly calls do not hold up others: they have threads of their own, in which
# tenants take turns and a tenant's long list lets its other calls between.

use lib 't/lib';
use Audience::Test;
use Audience::Frames;
use JSON::PP ();
use Time::HiRes ();
use Time::Local 'timegm';

my $t = Audience::Test->start;

# Names that no dictionary shares, so that a count looks at every one.
$t->import_file('crm.csv', join '', "phoneNumber,name,note\n",
    map { sprintf "+55119%08d,Name %x,%x\n", $_, $_ * 2654435761, $_ * 40503 }
    1 .. 50000);
$t->import_file('crm.csv', "phoneNumber,name\n11987654301,Ana\n",
                tenant => 'other');

my $small = make({ field => 'name', op => 'exists' }, tenant => 'other');
my $nobody = make({ field => 'note', op => 'equals', value => 'x' });

# Counted each time, as they contain another.  A tenth of them takes as long under
# ThreadSanitizer.
my @audiences = map {
    make({ any => [{ audience => $nobody },
                   map { { field => 'note', op => 'contains', value => "$_" } }
                   $_ .. $_ + 19] })
} 100 .. ($t->races ? 114 : 249);


sub make
{
    my ($filter, %opt) = @_;

    return $t->post('/v1/audiences', { name => 'x', filter => $filter }, %opt)
             ->{json}{id};
}


# Beginning and end of the calls of that id, as the worker's log has them: by
# its clock, whenever this process comes to read what it was answered.
sub logged
{
    my ($id) = @_;

    my @calls = grep { $_->{request_id} eq $id }
                map { JSON::PP->new->decode($_) }
                grep { /"event": "call"/ } split /\n/, $t->worker_log;

    return map { my $end = seconds($_->{at}); [$end - $_->{ms} / 1000, $end] }
           @calls;
}


sub seconds
{
    my ($year, $month, $day, $hour, $minute, $second)
        = $_[0] =~ /^(\d+)-(\d+)-(\d+)T(\d+):(\d+):([\d.]+)Z$/;

    return timegm(0, $minute, $hour, $day, $month - 1, $year) + $second;
}


# A call while eight long lists are under way is answered before the last of
# them.  On a machine that let them end before the call came nothing was seen:
# then once more.
my $round = 0;

sub between
{
    my ($what, $path, %who) = @_;

    for my $try (1 .. 20) {
        $round++;

        my @lists = map { dial($t) } 1 .. 8;
        my $socket = dial($t);

        print {$_} request('GET', '/v1/audiences', args => 'limit=1000',
                           request_id => "lists-$round") for @lists;
        Time::HiRes::sleep(0.2);                # their start, no more
        print {$socket} request('GET', $path, request_id => "call-$round", %who);

        my @status = map { answer($t, $_)->[0] } $socket, @lists;
        $t->wait_for('lines of the log', sub {
            logged("call-$round") + logged("lists-$round") == 9 });

        my ($call) = logged("call-$round");
        my ($last) = sort { $b <=> $a } map { $_->[1] } logged("lists-$round");

        next if $call->[0] >= $last - 0.1;      # too late to come between

        is_deeply(\@status, [(200) x 9], 'all are answered');
        cmp_ok($call->[1], '<', $last, $what);
        return;
    }
    fail("$what: no call came while lists were under way");
}


between('a list without counts', '/v1/imports');
between('a count of another tenant', "/v1/audiences/$small", tenant => 'other');
between('a count of the same tenant comes between',
        "/v1/audiences/$audiences[0]");

$t->finish;
