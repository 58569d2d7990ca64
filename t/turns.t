# Costly calls do not hold up others: they have threads of their own, in which
# tenants take turns and a tenant's long list lets its other calls between.

use lib 't/lib';
use Audience::Test;
use Audience::Frames;
use Time::HiRes ();

my $t = Audience::Test->start;

# Names that no dictionary shares, so that a count looks at every one.
$t->import_file('crm.csv', join '', "phoneNumber,name,note\n",
    map { sprintf "+55119%08d,Name %x,%x\n", $_, $_ * 2654435761, $_ * 40503 }
    1 .. 50000);
$t->import_file('crm.csv', "phoneNumber,name\n11987654301,Ana\n",
                tenant => 'other');

my $small = make({ field => 'name', op => 'exists' }, tenant => 'other');
my @audiences = map {
    make({ any => [map { { field => 'note', op => 'contains', value => "$_" } }
                   $_ .. $_ + 19] })
} 100 .. 249;


# Seconds that a call takes.
sub took
{
    my ($method, $path, %more) = @_;

    my $start = Time::HiRes::time();
    my $socket = dial($t);

    print {$socket} request($method, $path, %more);
    is(answer($t, $socket)->[0], 200, "$method $path");
    return Time::HiRes::time() - $start;
}


sub make
{
    my ($filter, %opt) = @_;

    return $t->post('/v1/audiences', { name => 'x', filter => $filter }, %opt)
             ->{json}{id};
}


my $list = took('GET', '/v1/audiences', args => 'limit=1000');
note(sprintf 'a list takes %.0f ms', 1000 * $list);

my @lists = map { dial($t) } 1 .. 8;
print {$_} request('GET', '/v1/audiences', args => 'limit=1000') for @lists;
Time::HiRes::sleep(0.2);

cmp_ok(took('GET', '/v1/imports'), '<', $list, 'a list without counts');
cmp_ok(took('GET', "/v1/audiences/$small", tenant => 'other'), '<', $list,
       'a count of another tenant');
cmp_ok(took('GET', "/v1/audiences/$audiences[0]"), '<', $list,
       'a count of the same tenant comes between');
is(answer($t, $_)->[0], 200, 'each list is answered') for @lists;

$t->finish;
