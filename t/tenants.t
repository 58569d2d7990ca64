# Tenants share nothing: what is one's is not there for another.

use lib 't/lib';
use Audience::Test;

my $t = Audience::Test->start;
my %other = (tenant => 'other', user => 'other@example.com');

my $import = $t->import_file('crm.csv', "phoneNumber,name\n11987654301,Ana\n1,x\n");
my $audience = $t->post('/v1/audiences', { name => 'All', filter => { all => [] } })
                 ->{json};
my $asked = $t->post("/v1/audiences/$audience->{id}/exports", {})->{json};
my $export = $t->wait_export($asked->{id});

# The other one has data of the same kind, so that nothing is empty by chance.
$t->import_file('crm.csv', "phoneNumber,nome\n11987654301,Bia\n", %other);
$t->post('/v1/audiences', { name => 'Todos', filter => { all => [] } }, %other);


# --- every id is a 404 --------------------------------------------------------

for my $path ("/v1/imports/$import->{id}", "/v1/imports/$import->{id}/errors.csv",
              "/v1/audiences/$audience->{id}",
              "/v1/audiences/$audience->{id}/exports",
              "/v1/exports/$export->{id}", "/v1/jobs/$import->{job}",
              "/v1/jobs/$asked->{job}", "/v1/jobs/$import->{job}/events")
{
    is($t->get($path)->{status}, 200, "$path is there");
    is($t->get($path, %other)->{status}, 404, '… but not for another tenant');
}

for my $call (['PATCH', "/v1/audiences/$audience->{id}", { name => 'Mine' }],
              ['DELETE', "/v1/audiences/$audience->{id}"],
              ['POST', "/v1/audiences/$audience->{id}/exports", {}],
              ['POST', "/v1/jobs/$import->{job}/retry", {}],
              ['POST', "/v1/jobs/$import->{job}/cancel", {}])
{
    my ($method, $path, $body) = @$call;
    is($t->call($method, $path, $body, %other)->{status}, 404,
       "$method $path: neither can another tenant do that");
}

is($t->get("/v1/audiences/$audience->{id}")->{json}{name}, 'All',
   'nothing has changed');


# --- lists, queries, filters --------------------------------------------------

is_deeply([map { $_->{id} } @{ $t->get($_, %other)->{json}{items} }],
          [grep { !/$import->{id}|$audience->{id}|$import->{job}/ }
           map { $_->{id} } @{ $t->get($_, %other)->{json}{items} }],
          "$_ lists one's own")
    for qw(/v1/imports /v1/audiences /v1/jobs);

is($t->count({ all => [] }, %other), 1, 'queries see one profile');
is($t->query({ all => [] }, %other)->{profiles}[0]{fields}{nome}, 'Bia',
   'its own, though the phone is the same');
is($t->post('/v1/query', { filter => { field => 'name', op => 'exists' } },
            %other)->{status}, 422, 'a field of another tenant is unknown');
is($t->post('/v1/query', { filter => { audience => $audience->{id} } },
            %other)->{status}, 422, 'an audience of another tenant too');
is($t->post('/v1/audiences', { name => 'x', filter =>
                               { audience => $audience->{id} } }, %other)
     ->{status}, 422, 'nor can it be part of one');
is($t->get('/v1/fields/name/values', %other)->{status}, 404, 'values of a field');


# --- idempotency keys ---------------------------------------------------------

my %key = (headers => { 'Idempotency-Key' => 'same' });
my %body = (name => 'Key', filter => { all => [] });
my $mine = $t->post('/v1/audiences', \%body, %key);
my $theirs = $t->post('/v1/audiences', \%body, %key, %other);
is($theirs->{status}, 201, 'a key is of its tenant');
isnt($theirs->{json}{id}, $mine->{json}{id}, 'and its answer');
isnt($t->post('/v1/audiences', \%body, %key, user => 'else@example.com')
       ->{json}{id}, $mine->{json}{id}, 'and of its user');


# --- the link carries its tenant ----------------------------------------------

my $link = $export->{url} =~ s{^http://[^/]+}{}r;
is($t->get($link, %other)->{status}, 200,
   'a link is for whoever holds it: no tenant is asked for');


# --- no tenant at all ---------------------------------------------------------

for my $tenant ('', '../demo', 'Demo', 'a/b', 'x' x 65) {
    isnt($t->get('/v1/imports', tenant => $tenant)->{status}, 200,
         "\"$tenant\" is no tenant");
    isnt($t->upload('crm.csv', "phoneNumber\n11987654301\n",
                    tenant => $tenant)->{status}, 202, '… that could upload');
    isnt($t->post('/v1/query', { filter => { all => [] } },
                  tenant => $tenant)->{status}, 200, '… or query');
}

$t->finish;
